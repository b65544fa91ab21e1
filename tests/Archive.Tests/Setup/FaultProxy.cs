using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Iggy.Archive.Tests.Setup;

/// <summary>What goes wrong with a request.</summary>
public enum Fault
{
    None,

    /// <summary>503, and nothing is done.</summary>
    SlowDown,

    /// <summary>The connection ends in the middle of the larger body.</summary>
    Cut,

    /// <summary>No answer; the request is not passed on.</summary>
    Hang,

    /// <summary>The request is done, and the answer is lost.</summary>
    HangAfter,

    /// <summary>One byte of the body, of the request or else of the answer, is another.</summary>
    Spoil,
}

/// <summary>Stands between a client and a store and spoils what the test says.</summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private static readonly byte[] _slowDown = Answer("HTTP/1.1 503 Service Unavailable", "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>later</Message></Error>");

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly IPEndPoint _store;
    private readonly Task _accepting;
    private volatile Func<string, Fault> _fault = static _ => Fault.None;

    public FaultProxy(IPEndPoint store)
    {
        _store = store;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Url => $"http://{_listener.LocalEndpoint}";

    /// <summary>How many requests met a fault.</summary>
    public int Faults { get; private set; }

    /// <summary>From now on each request is asked for its fault, by its first line.</summary>
    public void Use(Func<string, Fault> fault) => _fault = fault;

    /// <summary>Holds the first request of a method whose path has a text, and all behind it.</summary>
    /// <returns>Ends when there is one: it waits from then on.</returns>
    public Task HoldAsync(string method, string text, Fault fault)
    {
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _fault = line =>
        {
            if (!line.StartsWith(method, StringComparison.Ordinal) || !line.Contains(text, StringComparison.Ordinal))
                return Fault.None;
            met.TrySetResult();
            return fault;
        };
        return met.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stopping.Token));
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                while (await ReadHeadAsync(stream) is { } head)
                {
                    if (head.Contains("100-continue", StringComparison.OrdinalIgnoreCase))
                        await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), _stopping.Token);
                    var body = await ReadBodyAsync(stream, head);
                    if (!await AnswerAsync(stream, head, body))
                        return;
                }
            }
            catch (Exception end) when (end is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One of the two went; the other sees the connection end.
            }
        }
    }

    private async Task<bool> AnswerAsync(NetworkStream client, string head, byte[] body)
    {
        var fault = _fault(head[..head.IndexOf('\r', StringComparison.Ordinal)]);
        Faults += fault is Fault.None ? 0 : 1;
        if (fault is Fault.Hang)
            await Task.Delay(Timeout.Infinite, _stopping.Token);
        if (fault is Fault.SlowDown)
        {
            await client.WriteAsync(_slowDown, _stopping.Token);
            return true;
        }
        if (fault is Fault.Spoil && body.Length > 0)
            body[body.Length / 2] ^= 1;

        using var store = new TcpClient();
        await store.ConnectAsync(_store, _stopping.Token);
        var stream = store.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head), _stopping.Token);
        if (fault is Fault.Cut && body.Length > 0)
        {
            await stream.WriteAsync(body.AsMemory(0, body.Length / 2), _stopping.Token);
            return false;
        }
        await stream.WriteAsync(body, _stopping.Token);

        var answerHead = await ReadHeadAsync(stream);
        while (answerHead is not null && answerHead.StartsWith("HTTP/1.1 100", StringComparison.Ordinal))
            answerHead = await ReadHeadAsync(stream);
        if (answerHead is null)
            return false;
        var answer = head.StartsWith("HEAD ", StringComparison.Ordinal) || answerHead.Contains(" 204 ", StringComparison.Ordinal) ? [] : await ReadBodyAsync(stream, answerHead);
        if (fault is Fault.HangAfter)
            await Task.Delay(Timeout.Infinite, _stopping.Token);
        if (fault is Fault.Spoil && body.Length == 0 && answer.Length > 0)
            answer[answer.Length / 2] ^= 1;
        await client.WriteAsync(Encoding.Latin1.GetBytes(answerHead), _stopping.Token);
        await client.WriteAsync(answer.AsMemory(0, fault is Fault.Cut ? answer.Length / 2 : answer.Length), _stopping.Token);
        return fault is not Fault.Cut;
    }

    private async Task<string?> ReadHeadAsync(NetworkStream stream)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (head.Count < 4 || head[^1] != '\n' || head[^2] != '\r' || head[^3] != '\n')
        {
            if (await stream.ReadAsync(one, _stopping.Token) == 0)
                return null;
            head.Add(one[0]);
        }
        return Encoding.Latin1.GetString([.. head]);
    }

    private async Task<byte[]> ReadBodyAsync(NetworkStream stream, string head)
    {
        if (Header(head, "Transfer-Encoding")?.Contains("chunked", StringComparison.OrdinalIgnoreCase) == true)
            return await ReadChunksAsync(stream);
        var body = new byte[Header(head, "Content-Length") is { } length ? int.Parse(length, CultureInfo.InvariantCulture) : 0];
        await stream.ReadExactlyAsync(body, _stopping.Token);
        return body;
    }

    private async Task<byte[]> ReadChunksAsync(NetworkStream stream)
    {
        var all = new List<byte>();
        while (true)
        {
            var line = await ReadLineAsync(stream);
            all.AddRange(Encoding.Latin1.GetBytes(line));
            var length = int.Parse(line.TrimEnd().Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            var chunk = new byte[length + 2];
            await stream.ReadExactlyAsync(chunk, _stopping.Token);
            all.AddRange(chunk);
            if (length == 0)
                return [.. all];
        }
    }

    private async Task<string> ReadLineAsync(NetworkStream stream)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (line.Length == 0 || line[^1] != '\n')
        {
            await stream.ReadExactlyAsync(one, _stopping.Token);
            line.Append((char)one[0]);
        }
        return line.ToString();
    }

    private static string? Header(string head, string name) => head.Split("\r\n")
        .FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

    private static byte[] Answer(string status, string body) =>
        Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{status}\r\nContent-Type: application/xml\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
}
