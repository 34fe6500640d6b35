# SPDX-License-Identifier: MIT
"""redis_driver.py - a redis-server with its clients: one measured session.

Part one is redis-benchmark with a fixed number of requests, pipelined, over a
unix socket; its keys are random, and it has no seed. Part two is a script of
commands with values of many sizes, the same in each run; its replies give the
checksum. Measured are the wall time of both parts, and of the server alone its
CPU time over them and its peak of resident memory (VmHWM).
"""
import hashlib
import os
import random
import socket
import subprocess
import threading
import time

BENCHMARK_REQUESTS = 50000
SCRIPT_COMMANDS = 80000
TESTS = "set,get,incr,lpush,rpop,sadd,hset,zadd,mset"


class RedisError(Exception):
    """The server did not do as told."""


def encode(*words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        data = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


def value(rng):
    """70% 8-64 bytes, 25% 64-1024, 5% 1-16 KiB."""
    kind = rng.random()
    low, high = (8, 64) if kind < .7 else (64, 1024) if kind < .95 \
        else (1024, 16384)
    return rng.randbytes(4).hex().encode() * (rng.randint(low, high) // 8)


def one_command(rng):
    n = rng.randrange(20000)
    kind = rng.randrange(100)
    if kind < 30:
        return encode("SET", f"str:{n}", value(rng))
    if kind < 45:
        return encode("GET", f"str:{n}")
    if kind < 52:
        return encode("APPEND", f"str:{n}", value(rng)[:64])
    if kind < 60:
        return encode("DEL", f"str:{n}", f"hash:{n % 2000}")
    if kind < 75:
        return encode("HSET", f"hash:{n % 2000}", f"f{rng.randrange(200)}",
                      value(rng)[:256])
    if kind < 85:
        return encode("RPUSH", f"list:{n % 500}", value(rng)[:512])
    if kind < 92:
        return encode("LPOP", f"list:{n % 500}")
    return encode("ZADD", f"zset:{n % 200}", rng.randrange(10 ** 6),
                  f"member:{rng.randrange(5000)}")


SCRIPTS = {}


def script(commands):
    """The bytes that the second part sends; the same in each run."""
    if commands not in SCRIPTS:
        rng = random.Random(7)
        data = [one_command(rng) for _ in range(commands)]
        SCRIPTS[commands] = b"".join(data) + encode("ECHO", "the end")
    return SCRIPTS[commands]


def play(path, data, timeout):
    """Sends all of data, reads all replies; returns a checksum of them."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(timeout)
        client.connect(path)
        sender = threading.Thread(target=send_all, args=(client, data))
        sender.start()
        digest, tail = hashlib.sha256(), b""
        try:
            while not tail.endswith(b"$7\r\nthe end\r\n"):
                got = client.recv(1 << 16)
                if not got:
                    raise RedisError("the server hung up")
                digest.update(got)
                tail = (tail + got)[-16:]
        except OSError as err:
            raise RedisError(f"no reply: {err}") from err
        finally:
            if not tail.endswith(b"end\r\n"):
                client.shutdown(socket.SHUT_RDWR)
            sender.join()
        return digest.hexdigest()[:16]


def send_all(client, data):
    try:
        client.sendall(data)
    except OSError:
        pass  # the reader reports it


def ask(path, *words):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(path)
        client.sendall(encode(*words))
        return client.recv(1 << 16)


def wait_until_up(server, path):
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RedisError(f"the server ended with {server.returncode}")
        try:
            if ask(path, "PING").startswith(b"+PONG"):
                return
        except OSError:
            time.sleep(0.01)
    raise RedisError("the server does not come up")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    raise RedisError("no VmHWM")


def measured(server, path, scale, timeout):
    """(wall, cpu, peak, checksum) of both parts on a running server."""
    data = script(max(1000, int(SCRIPT_COMMANDS * scale)))
    requests = max(1000, int(BENCHMARK_REQUESTS * scale))
    clean = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    cpu, wall = cpu_seconds(server.pid), time.monotonic()
    subprocess.run(["redis-benchmark", "-s", path, "-n", str(requests),
                    "-c", "20", "-P", "32", "-r", "50000", "-d", "100",
                    "-q", "-t", TESTS], env=clean, check=True,
                   timeout=timeout, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    ask(path, "FLUSHALL", "SYNC")
    checksum = play(path, data, timeout)
    wall = time.monotonic() - wall
    return (wall, cpu_seconds(server.pid) - cpu, peak_kib(server.pid),
            checksum)


def session(program, env, tmp, scale, timeout):
    """Starts a server, measures, ends it."""
    path = os.path.join(tmp, "redis.sock")
    argv = [program, "--port", "0", "--unixsocket", path, "--save", "",
            "--appendonly", "no", "--daemonize", "no", "--dir", tmp,
            "--loglevel", "warning"]
    with open(os.path.join(tmp, "redis.log"), "wb") as log:
        server = subprocess.Popen(argv, env=env, stdout=log, stderr=log,
                                  stdin=subprocess.DEVNULL)
        try:
            wait_until_up(server, path)
            return measured(server, path, scale, timeout)
        except subprocess.CalledProcessError as err:
            if server.poll() is not None:
                raise RedisError("the server ended with "
                                 f"{server.returncode}") from err
            raise
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
            if os.path.exists(path):
                os.unlink(path)
