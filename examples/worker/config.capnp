using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "sweep", worker = .sweep),
    (name = "sign", worker = .sign),
    (name = "cloud", worker = .cloud),
  ],
  sockets = [
    (name = "sweep", address = "127.0.0.1:0", http = (), service = "sweep"),
    (name = "sign", address = "127.0.0.1:0", http = (), service = "sign"),
    (name = "cloud", address = "127.0.0.1:0", http = (), service = "cloud"),
  ],
);

const sweep :Workerd.Worker = (
  modules = [(name = "sweep.js", esModule = embed "dist/sweep.js")],
  compatibilityDate = "2026-11-01",
  bindings = [
    (name = "BUCKET", text = "photos"),
    (name = "REGION", text = "us-east-1"),
    (name = "ACCESS_KEY_ID", text = "emulator-key"),
    (name = "SECRET_ACCESS_KEY", text = "emulator-secret"),
    (name = "TOKEN", text = "example-token"),
  ],
  # Here the emulated cloud is all there is; without this line it is the internet.
  globalOutbound = "cloud",
);

const sign :Workerd.Worker = (
  modules = [(name = "sign.js", esModule = embed "dist/sign.js")],
  compatibilityDate = "2026-11-01",
  bindings = [
    (name = "NAMESPACE", text = "sessions"),
    (name = "SECRET_ACCESS_KEY", text = "emulator-secret"),
    (name = "SESSION", text = "example-session"),
  ],
);

const cloud :Workerd.Worker = (
  modules = [(name = "cloud.js", esModule = embed "dist/cloud.js")],
  compatibilityDate = "2026-11-01",
);
