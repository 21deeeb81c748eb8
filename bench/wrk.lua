-- Requests for wrk: one per line of a file, each `METHOD PATH TOKEN`. A `POST` creates a token, and `DELETE CREATED`
-- revokes the last created one. At the end, one line of JSON.

local requests, created, at = {}, nil, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local method, path, token = line:match("^(%S+) (%S+) (%S*)$")
    local headers = {}
    if token ~= "" then headers["Authorization"] = "Bearer " .. token end
    if method == "POST" then headers["Content-Type"] = "application/json" end
    local body = method == "POST" and '{"label": "bench"}' or nil
    if path == "CREATED" then
      requests[#requests + 1] = function()
        return created and wrk.format(method, "/api/v1/tokens/" .. created, headers)
      end
    else
      local text = wrk.format(method, path, headers, body)
      requests[#requests + 1] = function() return text end
    end
    if method == "POST" then
      response = function(status, _, content)
        if status == 201 then created = content:match('"id":"(tok_[^"]*)"') end
      end
    end
  end
end

function request()
  at = at % #requests + 1
  return requests[at]() or request() -- wrk also calls this once without sending
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('\n{"requests": %d, "seconds": %f, "median": %f, "p99": %f, "rejected": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
