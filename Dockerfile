# docker build --tag rollbackd .
#
# Every image it starts from is an argument, so that it builds from a mirror, or from imported roots where nothing can
# be pulled. A base with glibc goes with a NODE with glibc (node:26-bookworm-slim and debian:bookworm-slim).
ARG NODE=node:26-alpine
ARG BASE=alpine:3.23
ARG COMPOSE=docker/compose-bin:v2.40.3

FROM ${COMPOSE} AS compose

FROM ${NODE} AS build
WORKDIR /build
COPY . .
# A context that holds dist/ is an unpacked package with its production modules, and is taken as it is.
RUN sh deploy/image-files.sh /files

FROM ${BASE}
RUN if ! command -v git >/dev/null; then \
      apk add --no-cache ca-certificates git libstdc++ openssh-client-default || \
      { apt-get update && apt-get install --yes --no-install-recommends \
          ca-certificates git libatomic1 libstdc++6 openssh-client && rm -rf /var/lib/apt/lists/*; }; \
    fi && \
    echo 'rollbackd:x:7390:7390:rollbackd:/var/lib/rollbackd:/bin/false' >>/etc/passwd && \
    echo 'rollbackd:x:7390:' >>/etc/group && \
    mkdir -p /etc/rollbackd /var/lib/rollbackd && chown 7390:7390 /var/lib/rollbackd
COPY --from=compose /docker-compose /usr/local/libexec/docker/cli-plugins/docker-compose
COPY --from=build /files/ /
USER 7390:7390
ENV HOME=/var/lib/rollbackd NODE_ENV=production
WORKDIR /var/lib/rollbackd
VOLUME /var/lib/rollbackd
EXPOSE 7390
# ROLLBACKD_URL is set where the daemon listens on another port.
HEALTHCHECK --interval=15s --timeout=3s --start-period=15s CMD ["node", "-e", "fetch((process.env.ROLLBACKD_URL ?? 'http://127.0.0.1:7390') + '/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# The daemon handles its signals and waits for its children itself: it needs no init in front.
STOPSIGNAL SIGTERM
ENTRYPOINT ["rollbackd"]
CMD ["run"]
