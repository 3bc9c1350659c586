// Starts sx lsp for .sx files.
const { workspace } = require("vscode")
const { LanguageClient } = require("vscode-languageclient/node")

let client

exports.activate = () => {
  const command = workspace.getConfiguration("sx").get("command", "sx")
  client = new LanguageClient("sx", "SX", { command, args: ["lsp"] }, { documentSelector: [{ scheme: "file", language: "sx" }] })
  return client.start()
}

exports.deactivate = () => client?.stop()
