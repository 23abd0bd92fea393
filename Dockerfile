# A broker, and Kafka's tools, of what the build makes; no JVM. ZooKeeper is a service of its own (docker-compose.yml).
FROM node:20-bookworm-slim AS build
WORKDIR /opt/odradek
COPY . .
RUN npm ci --no-audit --no-fund \
  # What the bundles leave out: codecs and file locks, with binaries of their own.
  && mkdir /runtime && cp -r bin config Dockerfile README.md /runtime/ \
  && for package in broker tools connect container console; do \
       if [ -d packages/$package/dist ]; then mkdir -p /runtime/packages/$package && cp -r packages/$package/dist /runtime/packages/$package/; fi; \
     done \
  && find /runtime -name '*.map' -delete \
  && cp packages/odradek/package.json /runtime/package.json \
  && cd /runtime && npm install --omit=dev --no-audit --no-fund --no-package-lock

FROM node:20-bookworm-slim
ENV PATH=/opt/odradek/bin:$PATH NODE_ENV=production
COPY --from=build /runtime /opt/odradek
# The tools' launchers and the tutorials know Kafka's home by these names.
RUN ln -s /opt/odradek /opt/kafka && mkdir -p /kafka /opt/odradek/logs && chown node:node /kafka /opt/odradek/logs
USER node
VOLUME /kafka
# Kafka's clients, and the web console where KAFKA_ODRADEK_CONSOLE_LISTENER asks for it.
EXPOSE 9092 8080
STOPSIGNAL SIGTERM
# No --start-interval: Docker before 25 and podman 4 do not know it.
HEALTHCHECK --interval=3s --timeout=5s --start-period=60s --retries=5 \
  CMD ["node", "/opt/odradek/packages/container/dist/healthcheck.js"]
CMD ["node", "--min-semi-space-size=16", "/opt/odradek/packages/container/dist/main.js"]
