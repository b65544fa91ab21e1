using System.Diagnostics;
using System.Net.Http.Headers;
using Iggy.Client.Connections;
using Iggy.Client.Telemetry;
using Iggy.Primitives;
using Iggy.Protocol;

namespace Iggy.Client.Http;

/// <summary>Sends one request and receives its answer, once. Connections come from a pool and go over the transport, so that TLS is what it is elsewhere.</summary>
internal sealed class HttpExchange : IAsyncDisposable
{
    // Each request under way has a connection of its own; callers beyond that wait.
    private const int MaxConnections = 64;

    // Bodies above this ask first whether the server takes them, or one that is too long would end in a broken connection.
    private const int AskFirstBytes = 1_000_000;

    private static readonly MediaTypeHeaderValue _json = new("application/json");
    private static readonly UriCreationOptions _asWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly string _session = HttpSession.NewText();
    private readonly IggyClientOptions _options;
    private readonly HttpMessageInvoker _http;
    private readonly SemaphoreSlim _slots;
    private readonly CancellationTokenSource _stop = new();
    private bool _isDisposed;

    /// <summary>Connects when it first sends.</summary>
    public HttpExchange(ITransport transport, IggyClientOptions options)
    {
        _options = options;
        _slots = new SemaphoreSlim(Math.Min(options.MaxInFlight, MaxConnections));
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = (_, cancellationToken) => OpenAsync(transport, cancellationToken),
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null, // the client writes them itself: what belongs to a trace is its own operations
            MaxResponseHeadersLength = 64,
        });
    }

    /// <summary>Sends a request and receives the whole answer.</summary>
    /// <param name="call">What to send.</param>
    /// <param name="token">Who asks; null for nobody.</param>
    /// <param name="cancellationToken">Ends the wait. What was sent may be carried out.</param>
    /// <returns>The answer, owned by the caller.</returns>
    /// <exception cref="IggyConnectionException">There was no answer.</exception>
    /// <exception cref="TimeoutException">None within the limit: unknown outcome.</exception>
    public async ValueTask<HttpAnswer> SendAsync(ApiCall call, string? token, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed), typeof(IggyClient));
        await _slots.WaitAsync(cancellationToken);
        try
        {
            using var limit = new CancellationTokenSource(_options.RequestTimeout, _options.Clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token, cancellationToken);
            try
            {
                return await TrySendAsync(call, token, either.Token);
            }
            catch (OperationCanceledException e)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw limit.IsCancellationRequested
                    ? new TimeoutException($"{_options.Servers} did not answer within {_options.RequestTimeout} (RequestTimeout); the request may have been carried out.", e)
                    : new IggyConnectionException("The client was disposed; the request may have been carried out.", isOutcomeUnknown: true, e);
            }
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Closes all connections. Requests under way fail.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
            return;
        await _stop.CancelAsync();
        _http.Dispose();
    }

    private async ValueTask<HttpAnswer> TrySendAsync(ApiCall call, string? token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(call.Method, new Uri($"http://{_options.Address}{call.Path}", in _asWritten));
        if (token is not null)
        {
            request.Headers.Authorization = new("Bearer", token);
            request.Headers.TryAddWithoutValidation(HttpSession.HeaderName, _session);
        }
        if (ClientOperation.IsTraced && Activity.Current is { IdFormat: ActivityIdFormat.W3C } span)
        {
            request.Headers.TryAddWithoutValidation(TraceHeaders.Parent, span.Id);
            if (span.TraceStateString is { Length: > 0 } state)
                request.Headers.TryAddWithoutValidation(TraceHeaders.State, state);
        }
        if (call.Method != HttpMethod.Get) // also an empty one: the handler repeats by itself only what has no content, and it must repeat nothing but reads
        {
            request.Content = new ReadOnlyMemoryContent(call.Body);
            if (!call.Body.IsEmpty)
                request.Content.Headers.ContentType = _json;
            request.Headers.ExpectContinue = call.Body.Length > AskFirstBytes;
        }

        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            return new((int)response.StatusCode, await ReadAsync(response, cancellationToken), response.Headers.Date);
        }
        catch (HttpRequestException e)
        {
            var wasSent = e.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError);
            throw new IggyConnectionException(
                wasSent ? $"The connection to {_options.Servers} broke: {e.Message} The request may have been carried out." : e.InnerException?.Message ?? e.Message, wasSent, e);
        }
        catch (IOException e)
        {
            throw new IggyConnectionException($"The connection to {_options.Servers} broke inside a reply: {e.Message} The request was carried out.", isOutcomeUnknown: true, e);
        }
    }

    private async ValueTask<PooledBuffer> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        CheckLength(response.Content.Headers.ContentLength ?? 0);
        var body = new PooledBuffer();
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            while (await stream.ReadAsync(body.GetMemory(), cancellationToken) is > 0 and var read)
            {
                body.Advance(read);
                CheckLength(body.Length);
            }
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private void CheckLength(long bytes)
    {
        if (bytes > _options.MaxReplyBytes)
            throw new IggyException(IggyError.CannotDeserializeResource, $"A reply of {bytes} bytes or more; allowed: {_options.MaxReplyBytes} (MaxReplyBytes).");
    }

    private async ValueTask<Stream> OpenAsync(ITransport transport, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.LongestConnect, _options.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await transport.OpenAsync(either.Token);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            throw new IOException($"{_options.Servers} did not accept a connection within {_options.ConnectTimeout} (ConnectTimeout).", e);
        }
    }
}

/// <summary>An answer. One owner at a time: whoever holds it disposes it.</summary>
/// <param name="Status">Of HTTP.</param>
/// <param name="Body">All of it.</param>
/// <param name="Date">The server's time, in seconds.</param>
internal readonly record struct HttpAnswer(int Status, PooledBuffer Body, DateTimeOffset? Date) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Body.Dispose();
}
