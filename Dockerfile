# 巡网 on Debian: the program, Chromium and a Chinese font, run by nobody in particular.
#   docker build -t xunwang . && docker run --rm xunwang doctor
FROM debian:12-slim

RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      ca-certificates chromium-headless-shell fonts-noto-cjk libatomic1 python3 python3-venv \
 && apt-get clean && rm -rf /var/lib/apt/lists/*

RUN useradd --system --uid 10001 --home-dir /var/lib/xunwang --shell /usr/sbin/nologin xunwang \
 && install -d -o xunwang -g xunwang -m 700 /var/lib/xunwang

WORKDIR /opt/xunwang
# the locked packages are a layer of their own: they change seldom
COPY requirements/core.txt requirements/core.txt
RUN python3 -m venv .venv && .venv/bin/pip install -q --no-cache-dir --require-hashes -r requirements/core.txt
COPY . .
RUN .venv/bin/pip install -q --no-cache-dir --no-deps --no-build-isolation -e .

ENV XUNWANG_HOME=/var/lib/xunwang LANG=C.UTF-8 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER xunwang
VOLUME /var/lib/xunwang
EXPOSE 8080
ENTRYPOINT ["/opt/xunwang/.venv/bin/xunwang"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080"]
