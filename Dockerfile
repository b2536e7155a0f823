# Builder: everything that scripts/test needs. Runtime: the command and its libraries.
#   docker build -t signet .
#   docker run --rm -v "$PWD:/code" signet verify -v /code/tool
#   docker build --target builder -t signet-ci . && docker run --rm signet-ci scripts/test
FROM debian:12 AS builder
SHELL ["/bin/bash", "-c"]
WORKDIR /signet
COPY scripts/lib.sh scripts/lib.sh
RUN . scripts/lib.sh \
    && apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        $(packages_test | awk '{ print $1 }') \
    && rm -rf /var/lib/apt/lists/*
COPY . .
RUN cmake --preset release && cmake --build build/release --target signet \
    && strip build/release/signet

FROM debian:12-slim
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        libssl3 libplist3 libxml2 libyaml-0-2 libjansson4 libcurl4 ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home signet
COPY --from=builder /signet/build/release/signet /usr/local/bin/signet
COPY --from=builder /signet/LICENSE /usr/share/doc/signet/LICENSE
USER signet
WORKDIR /code
ENTRYPOINT ["signet"]
CMD ["--help"]
