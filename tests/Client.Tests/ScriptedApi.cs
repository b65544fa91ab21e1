using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Iggy.Testing;

/// <summary>An HTTP server that does what a test tells it. It knows heads and lengths and nothing else, so it can also be wrong on purpose.</summary>
internal sealed class ScriptedApi : IAsyncDisposable
{
    /// <summary>What a login is answered with.</summary>
    public const string Login = """{"user_id":7,"access_token":{"token":"token-1","expiry":4000000000}}""";

    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<ApiRequest, ApiAnswer?> _answer;
    private readonly List<ApiRequest> _requests = [];
    private readonly List<Task> _peers = [];
    private readonly Task _accepting;

    /// <summary>Answers by a rule; no answer closes the connection. Rules are asked one at a time.</summary>
    public ScriptedApi(Func<ApiRequest, ApiAnswer?> answer, int port = 0)
    {
        (_answer, _listener) = (answer, new TcpListener(IPAddress.Loopback, port));
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    public string Address => $"127.0.0.1:{Port}";

    /// <summary>All that came, in order.</summary>
    public ApiRequest[] Requests
    {
        get
        {
            lock (_requests)
                return [.. _requests];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_peers);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _peers.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token)));
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            return; // the test is over
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            while (await ReadAsync(stream) is { } request)
            {
                ApiAnswer? answer;
                lock (_requests)
                {
                    _requests.Add(request);
                    answer = _answer(request);
                }
                if (answer is not { } given)
                    return;
                var date = given.Date is { } time ? string.Create(CultureInfo.InvariantCulture, $"Date: {time:R}\r\n") : "";
                var head = $"HTTP/1.1 {given.Status} X\r\nContent-Type: application/json\r\n{date}Content-Length: {given.AnnouncedBytes ?? given.Body.Length}\r\n\r\n";
                await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. given.Body], _stop.Token);
                if (given.AnnouncedBytes is not null)
                    return;
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            return; // the test is over
        }
        catch (IOException)
        {
            return; // the client went first
        }
    }

    private async Task<ApiRequest?> ReadAsync(NetworkStream stream)
    {
        var (head, one) = (new StringBuilder(), new byte[1]);
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
                return null;
            head.Append((char)one[0]);
        }
        var lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines.Skip(1).Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
        if (headers.ContainsKey("Expect"))
            await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), _stop.Token);
        var body = new byte[int.Parse(headers.GetValueOrDefault("Content-Length") ?? "0", CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, _stop.Token);
        var words = lines[0].Split(' ');
        return new(words[0], words[1], headers, Encoding.UTF8.GetString(body));
    }
}

/// <summary>A request as it came.</summary>
internal sealed record ApiRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>Method and path.</summary>
    public string Line => $"{Method} {Path}";

    /// <summary>The bearer token; null for none.</summary>
    public string? Token => Headers.GetValueOrDefault("Authorization")?.Replace("Bearer ", "", StringComparison.Ordinal);
}

/// <summary>An answer.</summary>
internal sealed record ApiAnswer(int Status, byte[] Body)
{
    public ApiAnswer(int status, string body = "") : this(status, Encoding.UTF8.GetBytes(body))
    {
    }

    /// <summary>A length that is not the body's; the connection is closed after it.</summary>
    public int? AnnouncedBytes { get; init; }

    /// <summary>The server's time.</summary>
    public DateTimeOffset? Date { get; init; }
}
