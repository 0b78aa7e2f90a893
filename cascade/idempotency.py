"""`Idempotency-Key`: the same POST sent again within a day does nothing twice and gets the same answer.

The key is claimed in the transaction of the work itself: a duplicate that runs at the same time waits for the unique
constraint, then finds the answer; a refused request leaves no key behind.
"""

import hashlib
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.response import Response

from cascade.errors import Conflict

KEPT = timedelta(hours=24)
LONGEST = 200


def once(work, request, secret: tuple[str, ...] = ()):
    """Runs `work` under the request's key, or gives the answer it gave before.

    Fields named in `secret` are shown the first time only and never stored. Raises Conflict when the key came with
    another body.
    """
    key = request.headers["Idempotency-Key"]
    if len(key) > LONGEST:
        message = ErrorDetail(f"A key has at most {LONGEST} characters.", "max_length")
        raise ValidationError({"Idempotency-Key": [message]})
    asked = digest(request)
    keys = request.user.idempotencykey_set
    with transaction.atomic():
        keys.filter(created_at__lt=timezone.now() - KEPT).delete()
        try:
            with transaction.atomic():
                kept = keys.create(key=key, request_hash=asked)
        except IntegrityError:
            return earlier(keys.get(key=key), asked)
        response = work()
        kept.status = response.status_code
        kept.body = without(response.data, secret)
        kept.save(update_fields=["status", "body"])
        return response


def digest(request) -> str:
    asked = hashlib.sha256(f"{request.method} {request.get_full_path()} {request.content_type}\n".encode())
    asked.update(request._request.body)
    return asked.hexdigest()


def earlier(kept, asked: str) -> Response:
    if kept.request_hash != asked:
        raise Conflict("idempotency_key_reused", "This Idempotency-Key came with another request before.")
    return Response(kept.body, kept.status, headers={"Idempotency-Replayed": "true"})


def without(data, secret: tuple[str, ...]):
    if not secret or not isinstance(data, dict):
        return data
    return {name: None if name in secret else value for name, value in data.items()}
