export default {
  // `keysweep` is a link to the repository this example is part of; installed from a registry, it needs no such leave.
  server: { fs: { allow: ['../..'] } },
}
