"""The embedded broker: kombu's filesystem transport with an atomic publish.

The stock transport creates a message's file before writing it; a reader that comes in between reads nothing,
fails to decode it and ends the worker (kombu issue 1551). Here a message appears under its name only when whole.
A message that is lost all the same loses nothing: the dirty marks are the promise and the sweeper asks again.
"""

import os
import time
import uuid
from queue import Empty

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    def _put(self, queue, payload, **kwargs):
        final = os.path.join(self.data_folder_out, f"{time.time_ns():020d}_{uuid.uuid4().hex}.{queue}.msg")
        draft = os.path.join(self.data_folder_out, f"draft-{uuid.uuid4().hex}")
        try:
            with open(draft, "wb") as file:
                file.write(str_to_bytes(dumps(payload)))
            os.replace(draft, final)
        except OSError as error:
            raise ChannelError(f"cannot publish to {self.data_folder_out}") from error

    def _get(self, queue):
        try:
            return super()._get(queue)
        except ValueError:  # a torn file is dropped, the worker lives on
            raise Empty() from None


class Transport(filesystem.Transport):
    Channel = Channel


TRANSPORT_ALIASES["cascade-fs"] = "cascade.fs_broker:Transport"
