"""The embedded broker: kombu's filesystem transport with messages that appear and disappear whole.

The stock transport creates a message's file before writing it; a reader that comes in between reads nothing,
fails to decode it and ends the worker (kombu issue 1551). Here a file appears under its name only when whole, and
whoever removes it owns the message. A message that is lost all the same, with a worker that is killed, loses
nothing: the dirty marks are the promise and the sweeper asks again.
"""

import logging
import os
import time
import uuid
from pathlib import Path
from queue import Empty

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.encoding import bytes_to_str, str_to_bytes
from kombu.utils.json import dumps, loads

logger = logging.getLogger(__name__)


class Channel(filesystem.Channel):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        for folder in (self.data_folder_in, self.data_folder_out, self.control_folder):
            Path(folder).mkdir(parents=True, exist_ok=True)

    def _put(self, queue, payload, **kwargs):
        self._publish(Path(self.data_folder_out) / f"{time.time_ns():020d}_{uuid.uuid4().hex}.{queue}.msg", payload)

    def _publish(self, path, content):
        draft = path.parent / f"draft-{uuid.uuid4().hex}"
        try:
            draft.write_bytes(str_to_bytes(dumps(content)))
            os.replace(draft, path)
        except OSError as error:
            raise ChannelError(f"cannot publish to {path.parent}") from error

    def _get(self, queue):
        for name in sorted(os.listdir(self.data_folder_in)):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            path = Path(self.data_folder_in) / name
            try:
                content = path.read_bytes()
                path.unlink()
            except FileNotFoundError:  # another worker was first
                continue
            try:
                return loads(bytes_to_str(content))
            except ValueError:
                logger.warning("A torn message was dropped: %s", name)
        raise Empty

    def _queue_bind(self, exchange, routing_key, pattern, queue):
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        self.control_folder.mkdir(exist_ok=True)
        table = self.get_table(exchange)
        if binding not in table:
            self._publish(self._exchange_file(exchange), [binding, *table])


class Transport(filesystem.Transport):
    Channel = Channel


TRANSPORT_ALIASES["cascade-fs"] = "cascade.fs_broker:Transport"
