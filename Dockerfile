# One image for every part of the desk; the command names the parts: `crm`, `ticket adapter`, none for all.
FROM node:24-slim AS dependencies
WORKDIR /deskwire
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-slim
# Owned by the user it runs as, and taken over by a new volume at the same place.
RUN mkdir -p /data /run/deskwire && chown node:node /data /run/deskwire
WORKDIR /deskwire
COPY --from=dependencies /deskwire/node_modules node_modules
COPY package.json ./
COPY gen gen
COPY runtime runtime
COPY scripts scripts
COPY services services
COPY adapter adapter
COPY gateway gateway
COPY config config
ENV NODE_ENV=production DATA_DIR=/data HOST=0.0.0.0
RUN mkdir node_modules/.cache && chown node:node node_modules/.cache
USER node
# What Node compiles is kept in the image, for whose containers nothing can be written.
RUN node --import ./runtime/preload.js --use-largepages=silent --max-semi-space-size=4 --heap-growing-percent=30 services/main.ts --help > /dev/null && \
  node --import ./runtime/preload.js --use-largepages=silent --max-semi-space-size=4 --heap-growing-percent=30 adapter/server/mcp-http.ts
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["node", "--import", "./runtime/preload.js", "--use-largepages=silent", "--max-semi-space-size=4", "--heap-growing-percent=30", "services/main.ts"]
