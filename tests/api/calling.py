"""Calls the API as another system does: a token, JSON in, JSON out."""

import json

from django.test import Client

from tests.cast import token

BASE = "/api/v1/"


class Caller:
    """One person's token. `status` and `body` of every answer; a path without a leading slash is below /api/v1/."""

    def __init__(self, person=None, *scopes: str, text: str | None = None):
        self.client = Client(raise_request_exception=True)
        self.text = text or (token(person, *scopes) if person else None)

    def call(self, method: str, path: str, data=None, raw: bytes | None = None, **headers):
        content_type = headers.pop("content_type", "application/json")
        if self.text:
            headers["Authorization"] = f"Bearer {self.text}"
        payload = raw if raw is not None else (b"" if data is None else json.dumps(data).encode())
        url = path if path.startswith(("/", "http")) else BASE + path
        url = url.replace("http://testserver", "")
        response = self.client.generic(method, url, payload, content_type=content_type, headers=headers)
        response.body = json.loads(response.content) if response.content else None
        return response

    def get(self, path, **headers):
        return self.call("GET", path, **headers)

    def post(self, path, data=None, **headers):
        return self.call("POST", path, {} if data is None else data, **headers)

    def patch(self, path, data, **headers):
        return self.call("PATCH", path, data, **headers)

    def put(self, path, data, **headers):
        return self.call("PUT", path, data, **headers)

    def delete(self, path, **headers):
        return self.call("DELETE", path, **headers)


def codes(response) -> set[tuple[str, str]]:
    """The fields and codes of a refusal."""
    return {(error["field"], error["code"]) for error in response.body["errors"]}
