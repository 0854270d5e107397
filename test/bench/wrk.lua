-- Loaded by wrk (wrk.ts). With a file as argument: asks for its lines, one path each, in their order, again and again.
function init(args)
  if args[1] then
    local requests, n = {}, 0
    for path in io.lines(args[1]) do
      requests[#requests + 1] = wrk.format('GET', path)
    end
    function request()
      n = n % #requests + 1
      return requests[n]
    end
  end
end

-- Whole numbers instead of wrk's rounded text; latencies in microseconds.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'wrk {"requests":%d,"bytes":%d,"duration":%d,"p50":%d,"p99":%d,"status":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d}\n',
    summary.requests, summary.bytes, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
