-- What somebody does who writes a manifest in Neovim. Each step waits for what it should bring about, and says it.
local function say(...) io.stdout:write(string.format(...), "\n") end

-- found are the findings in the buffer, of the practices that the session is about.
local function found()
  local lines = {}
  for _, d in ipairs(vim.diagnostic.get(0)) do
    local code = d.code or d.user_data.lsp.code
    if code == "run-as-non-root" or code == "readable" or code == "exceptions" or code == "small-image" then
      table.insert(lines, string.format("%d:%d %s", d.lnum + 1, d.col + 1, code))
    end
  end
  table.sort(lines)
  return table.concat(lines, ", ")
end

local function expect(step, want)
  if not vim.wait(60000, function() return found() == want end, 10) then
    say("%s: found is %q, not %q", step, found(), want)
    vim.cmd("cquit 1")
  end
  say("%s: %s", step, want == "" and "nothing" or want)
end

local function ask(method, params) -- the answer of the one server there is
  for _, answer in pairs(vim.lsp.buf_request_sync(0, method, params, 60000) or {}) do return answer.result end
end

vim.cmd("edit web.yaml")
local id = vim.lsp.start_client({ name = "fairlead", cmd = { "fairlead", "lsp" }, root_dir = vim.fn.getcwd() })
vim.lsp.buf_attach_client(0, id)
expect("opened", "8:25 run-as-non-root")

vim.api.nvim_buf_set_text(0, 7, 24, 7, 36, { "runAsUser: 1000, runAsNonRoot: true" })
expect("mended by hand", "")
vim.cmd("silent undo")
expect("undone", "8:25 run-as-non-root")

vim.api.nvim_win_set_cursor(0, { 8, 26 })
local hover = ask("textDocument/hover", vim.lsp.util.make_position_params())
say("hover: %s", hover.contents.value:match("^[^\n]*"))

local function act(title) -- takes the action that is offered at the cursor under a title like this
  local params = vim.lsp.util.make_range_params()
  params.context = { diagnostics = {} }
  for _, action in ipairs(ask("textDocument/codeAction", params)) do
    if action.title:match(title) then vim.lsp.util.apply_workspace_edit(action.edit, "utf-16") end
  end
end
act("exception from run%-as%-non%-root")
say("line 8:%s", vim.api.nvim_buf_get_lines(0, 7, 8, true)[1])
expect("an exception without a reason", "8:7 exceptions, 9:25 run-as-non-root")
vim.api.nvim_buf_set_lines(0, 7, 8, true, { vim.api.nvim_buf_get_lines(0, 7, 8, true)[1] .. "it binds port 80" })
expect("with one", "")

vim.api.nvim_buf_set_lines(0, 2, 3, true, { "metadata: {name: 😀, {" })
expect("broken", "3:1 readable")

vim.cmd("edit! Dockerfile")
vim.lsp.buf_attach_client(0, id)
expect("a Dockerfile", "2:1 small-image")
vim.api.nvim_win_set_cursor(0, { 2, 0 })
act("^Mend: ")
expect("mended by the quick fix", "")
say("line 2: %s", vim.api.nvim_buf_get_lines(0, 1, 2, true)[1])

vim.lsp.stop_client(id)
if not vim.wait(60000, function() return vim.lsp.client_is_stopped(id) end, 10) then
  say("the server doesn't stop")
  vim.cmd("cquit 1")
end
say("stopped")
vim.cmd("qall!")
