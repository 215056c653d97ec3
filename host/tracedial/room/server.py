"""The room's server: pages and their files, videos by ranges, the calls of the pages, and the link of the sitting."""

import asyncio
import contextlib
import json
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from tracedial.errors import PageError, TracedialError, VideoError, os_sentence
from tracedial.room.doorway import Doorway
from tracedial.room.group_room import LiveRoom
from tracedial.room.guard import NOT_YOURS, Guard, Handler
from tracedial.room.seat import Seat
from tracedial.room.study_room import Room
from tracedial.video import describe_format

STATIC = Path(__file__).parent / "static"
MAX_MESSAGE_BYTES = 1 << 20
LAST_WORDS_S = 5.0
TYPES = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".webm": "video/webm",
    ".mov": "video/quicktime",
    ".ogv": "video/ogg",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
}


@web.middleware
async def sentences(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What goes wrong reaches the page as a sentence."""
    try:
        return await handler(request)
    except TracedialError as error:
        return web.json_response({"problem": str(error)}, status=409)
    except OSError as error:
        return web.json_response({"problem": os_sentence(error)}, status=409)
    except web.HTTPException:
        raise
    except Exception as error:  # noqa: BLE001  (a page is told in any case)
        traceback.print_exc()
        text = f"That failed: {error!r}. Please report this, with what the terminal shows."
        return web.json_response({"problem": text}, status=500)


class RoomServer:
    """The web application of a room, or of a live group."""

    def __init__(self, room: Room | LiveRoom) -> None:
        self.room = room
        self.guard = Guard()
        self.doorway = Doorway()
        self.guard.knows = self.doorway.knows
        self._socket: web.WebSocketResponse | None = None
        # The guard stands before all: what has no address here is refused as what has one.
        self.outer = web.Application(middlewares=[self.guard.middleware])
        self.app = web.Application(middlewares=[sentences], client_max_size=MAX_MESSAGE_BYTES)
        self.app.router.add_get("/", self._page)
        self.app.router.add_get("/api/mode", self._mode)
        self.app.router.add_static("/static/", STATIC)
        if isinstance(room, Room):
            self._add_study(room)
        else:
            self._add_live(room)
        self.outer.add_subapp(self.guard.home, self.app)

    def _add_study(self, room: Room) -> None:
        router = self.app.router
        router.add_get("/ws", partial(self._link, room=room))
        router.add_get("/video/{session}", partial(self._video, room=room))
        router.add_get("/api/video/{session}", partial(self._video_format, room=room))

        def get(path: str, answer: Callable[[web.Request], Any]) -> None:
            router.add_get(path, _json(answer))

        def post(path: str, answer: Callable[[web.Request, dict[str, Any]], Any]) -> None:
            router.add_post(path, _json_of_body(answer))

        get("/api/room", lambda request: asyncio.to_thread(room.overview, self.guard.seat_of(request)))
        get("/api/waveform/{session}", lambda request: room.waveform(request.match_info["session"]))
        get("/api/dials", lambda request: room.dials())
        post("/api/sitting", lambda request, said: self._open_sitting(room, said, self.guard.seat_of(request)))
        post("/api/link", lambda request, said: self._seat_link(room, said))
        post("/api/unlock", self._unlock)
        post("/api/lock", self._lock_again)
        post("/api/sitting/end", lambda request, said: self._end_sitting(room))
        place = "/{session}/{rater}"
        get(f"/api/review{place}", lambda request: asyncio.to_thread(room.review, *_place(request)))
        post(
            f"/api/review{place}", lambda request, said: asyncio.to_thread(room.change_segments, *_place(request), said)
        )
        post(f"/api/verdict{place}", lambda request, said: room.decide(*_place(request), said))
        get(f"/api/clips{place}", lambda request: asyncio.to_thread(room.clips, *_place(request)))
        post(f"/api/answer{place}", lambda request, said: self._answer(room, request, said))
        get("/api/together/{session}", lambda request: asyncio.to_thread(room.together, request.match_info["session"]))

    def _add_live(self, room: LiveRoom) -> None:
        self.app.router.add_get("/ws", partial(self._live_link, room=room))
        self.app.router.add_get("/video/live", partial(self._live_video, room=room))
        self.app.router.add_get("/api/live", _json(lambda request: _done(room.overview())))
        self.app.router.add_post("/api/live", _json_of_body(lambda request, said: room.carry_out(said)))

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html")

    async def _mode(self, request: web.Request) -> web.StreamResponse:
        seat, unlocked = self.guard.seat_of(request), self.guard.unlocked_seat(request)
        return web.json_response(
            {
                "live": isinstance(self.room, LiveRoom),
                "language": self.room.language,
                "seat": vars(seat) if seat else None,
                "unlocked": vars(unlocked) if unlocked else None,
                "pin": bool(self.guard.pin),
            }
        )

    async def _unlock(self, request: web.Request, said: dict[str, Any]) -> dict[str, Any]:
        """The researcher's PIN, in a participant's browser."""
        if problem := self.guard.unlock(request, str(said.get("pin", ""))):
            raise PageError(problem)
        return {"unlocked": True}

    async def _lock_again(self, request: web.Request, said: dict[str, Any]) -> dict[str, Any]:
        self.guard.lock(request)
        return {"unlocked": False}

    async def _seat_link(self, room: Room, said: dict[str, Any]) -> dict[str, Any]:
        """A link for a participant, for the researcher to hand on."""
        session, rater = str(said.get("session")), str(said.get("rater"))
        await asyncio.to_thread(room.study.rater_folder, session, rater)
        return {"link": self.guard.seat_link(Seat(session, rater))}

    async def _answer(self, room: Room, request: web.Request, said: dict[str, Any]) -> dict[str, Any]:
        is_seat = self.guard.seat_of(request) is not None
        return await asyncio.to_thread(room.answer, *_place(request), said, is_raters_own=is_seat)

    async def _video(self, request: web.Request, room: Room) -> web.StreamResponse:
        video = await room.video(room.study.session(request.match_info["session"]))
        return await _file(video.path)

    async def _video_format(self, request: web.Request, room: Room) -> web.StreamResponse:
        """What a video is made of, and how to make one that browsers play: asked for when this one did not."""
        video = await room.video(room.study.session(request.match_info["session"]))
        described = await asyncio.to_thread(describe_format, video.path)
        return web.json_response({"format": described.text, "convert": described.convert_command})

    async def _open_sitting(self, room: Room, said: dict[str, Any], seat: Seat | None) -> dict[str, Any]:
        if seat and (said.get("session"), said.get("rater")) != (seat.session, seat.rater):
            raise PageError(NOT_YOURS)
        sitting = await room.open_sitting(
            str(said.get("session")),
            str(said.get("rater")),
            port=str(said.get("port", "")),
            knob_kind=str(said.get("knob")),
            seat=seat,
        )
        return sitting.state()

    async def _end_sitting(self, room: Room) -> dict[str, Any]:
        await room.end_sitting()
        return {"ended": True}

    async def _link(self, request: web.Request, room: Room) -> web.StreamResponse:
        """The page of the sitting. Of two tabs the later one has it, and the earlier is told."""
        socket = web.WebSocketResponse(heartbeat=10.0, max_msg_size=MAX_MESSAGE_BYTES)
        await socket.prepare(request)
        sitting = room.sitting
        named = (request.query.get("session"), request.query.get("rater"))
        seat = self.guard.seat_of(request)
        is_elsewhere = seat is not None and named != (seat.session, seat.rater)
        if sitting is None or is_elsewhere or named != (sitting.session_name, sitting.rater):
            # No sitting, or another one than the page was opened for.
            await socket.send_json({"none": True})
            await socket.close()
            return socket
        old, self._socket = self._socket, socket
        if old is not None and not old.closed:
            sitting.detach()
            await old.send_json({"taken": True})
            await old.close()
        sender = _Sender(socket, asyncio.get_running_loop())
        # The page's clock and knob answer while they are being waited for.
        attaching = asyncio.create_task(sitting.attach(sender.send_json, sender.send_bytes))
        try:
            await _listen(socket, sitting.playback.port.feed, sitting.receive, sender)
        finally:
            if self._socket is socket:
                self._socket = None
                sitting.detach()
            await asyncio.gather(attaching, return_exceptions=True)
            sender.close()
        return socket

    async def _live_video(self, request: web.Request, room: LiveRoom) -> web.StreamResponse:
        return await _file(room.video_path)

    async def _live_link(self, request: web.Request, room: LiveRoom) -> web.StreamResponse:
        socket = web.WebSocketResponse(heartbeat=10.0, max_msg_size=MAX_MESSAGE_BYTES)
        await socket.prepare(request)
        sender = _Sender(socket, asyncio.get_running_loop())
        room.listeners.add(sender.send_json)
        plays = "plays" in request.query
        attaching: asyncio.Task[None] | None = None
        try:
            sender.send_json({"history": room.history()})
            if plays:
                # The page that shows the video to the group: of two the later one. Any other only looks on.
                old, self._socket = self._socket, socket
                if old is not None and not old.closed:
                    room.playback.detach()
                    await old.send_json({"taken": True})
                    await old.close()
                room.playback.push = sender.send_json
                attaching = asyncio.create_task(room.playback.attach(sender.send_bytes))
            await _listen(socket, room.playback.port.feed, room.receive if plays else _ignore, sender)
        finally:
            room.listeners.discard(sender.send_json)
            if attaching:
                if self._socket is socket:
                    self._socket = None
                    room.playback.detach()
                await asyncio.gather(attaching, return_exceptions=True)
            sender.close()
        return socket


class _Sender:
    """Sends to a page from any thread, in order; what the page does not take in time is not piled up without end."""

    MAX_WAITING = 2000

    def __init__(self, socket: web.WebSocketResponse, loop: asyncio.AbstractEventLoop) -> None:
        self._socket = socket
        self._loop = loop
        self._queue: asyncio.Queue[str | bytes] = asyncio.Queue()
        self._task = loop.create_task(self._run())

    def send_json(self, message: dict[str, Any]) -> None:
        self._put(json.dumps(message))

    def send_bytes(self, data: bytes) -> None:
        self._put(data)

    def close(self) -> None:
        self._task.cancel()

    def _put(self, item: str | bytes) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._take, item)

    def _take(self, item: str | bytes) -> None:
        if self._queue.qsize() < self.MAX_WAITING:
            self._queue.put_nowait(item)

    async def _run(self) -> None:
        while True:
            item = await self._queue.get()
            try:
                if isinstance(item, bytes):
                    await self._socket.send_bytes(item)
                else:
                    await self._socket.send_str(item)
            except (ConnectionError, RuntimeError):
                # The page has gone; the socket's own loop notices.
                return


async def _listen(
    socket: web.WebSocketResponse,
    feed: Callable[[bytes], None],
    receive: Callable[[dict[str, Any]], Awaitable[None]],
    sender: _Sender,
) -> None:
    """Hear a page until it goes. What it asks is carried out in order, while its bytes go on being taken in: the clock
    and the knob on it must answer meanwhile."""
    asked: asyncio.Queue[str] = asyncio.Queue()

    async def carry_out() -> None:
        while True:
            await _obey(receive, await asked.get(), sender)
            asked.task_done()

    obeying = asyncio.create_task(carry_out())
    try:
        async for said in socket:
            if said.type is WSMsgType.BINARY:
                feed(said.data)
            elif said.type is WSMsgType.TEXT:
                asked.put_nowait(said.data)
        # What a page said last, as it was closed, is carried out too.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asked.join(), LAST_WORDS_S)
    finally:
        obeying.cancel()


async def _ignore(said: dict[str, Any]) -> None:
    """A page that only looks on has nothing to say."""


async def _obey(receive: Callable[[dict[str, Any]], Awaitable[None]], text: str, sender: _Sender) -> None:
    try:
        said = json.loads(text)
        if not isinstance(said, dict):
            raise PageError("The page sent something that is not a message: load it again.")
        await receive(said)
    except TracedialError as error:
        sender.send_json({"say": str(error)})
    except (ValueError, RecursionError):
        sender.send_json({"say": "The page sent something that cannot be read: load it again."})
    except Exception as error:  # noqa: BLE001  (a page that nobody answers any more would look as if it worked)
        traceback.print_exc()
        sender.send_json({"say": f"That failed: {error!r}. Please report this, with what the terminal shows."})


def _json(answer: Callable[[web.Request], Awaitable[Any]]) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.json_response(await answer(request))

    return handler


def _json_of_body(answer: Callable[[web.Request, dict[str, Any]], Awaitable[Any]]) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        try:
            said = json.loads(await request.text())
        except (ValueError, LookupError, RecursionError):
            said = None
        if not isinstance(said, dict):
            return web.json_response({"problem": "The page sent something that cannot be read."}, status=400)
        return web.json_response(await answer(request, said))

    return handler


async def _file(path: Path | None) -> web.StreamResponse:
    if path is None or not path.is_file():
        raise VideoError(path or Path(), "There is no video here.")
    return web.FileResponse(path, headers={"Content-Type": TYPES.get(path.suffix.lower(), "application/octet-stream")})


async def _done(value: Any) -> Any:
    return value


def _place(request: web.Request) -> tuple[str, str]:
    return request.match_info["session"], request.match_info["rater"]


async def serve(room: Room | LiveRoom, *, address: str, port: int, on_open: Callable[[Guard], None]) -> None:
    """Serve until cancelled; `on_open` is told who makes the links. Raises `PageError` where the port is taken."""
    server = RoomServer(room)
    runner = web.AppRunner(server.outer, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    behind = runner.server
    assert behind is not None
    listening: asyncio.Server | None = None
    try:
        try:
            listening = await asyncio.get_running_loop().create_server(
                lambda: server.doorway.protocol(behind), address, port
            )
        except OSError as error:
            text = f"The room cannot be served at {address}:{port} ({error.strerror}): choose another --port."
            raise PageError(text) from error
        server.guard.serve(address, listening.sockets[0].getsockname()[1])
        await room.begin()
        on_open(server.guard)
        await asyncio.Event().wait()
    finally:
        if listening:
            listening.close()
        await room.close()
        await runner.cleanup()
