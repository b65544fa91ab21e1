using Iggy.Client.Connections;
using Iggy.Client.Connections.Waiting;
using Iggy.Primitives;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Client.Http;

/// <summary>Commands as requests of the HTTP API. There is no session: whoever asks is known by a token, and a lost connection is no matter
/// beyond the request that was on it.</summary>
internal sealed class HttpChannel : IServerChannel
{
    // A request whose outcome is unknown is sent so often at most.
    private const int MaxTries = 3;

    private readonly IggyClientOptions _options;
    private readonly HttpExchange _exchange;
    private readonly HttpLogin _login;
    private readonly HttpSession _session;

    /// <summary>Opens nothing yet.</summary>
    public HttpChannel(ITransport transport, IggyClientOptions options)
    {
        _options = options;
        _exchange = new HttpExchange(transport, options);
        _login = new HttpLogin(_exchange, options);
        _session = new HttpSession(AskOnceAsync, options);
        Arrivals = options.LongPolling ? new HttpArrivals(AskOnceAsync, options) : null;
    }

    /// <inheritdoc/>
    public IArrivals? Arrivals { get; }

    /// <inheritdoc/>
    public async ValueTask ConnectAsync(CancellationToken cancellationToken)
    {
        if (await _login.GetTokenAsync(cancellationToken) is not null)
            return;
        using var answer = await AskOnceAsync(ApiCalls.Of(CommandCode.Ping, default(NoBody)), cancellationToken);
        Check(answer, CommandCode.Ping);
    }

    /// <inheritdoc/>
    public ValueTask<uint> LogInAsync(Credentials credentials, CancellationToken cancellationToken) => _login.LogInAsync(credentials, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask LogOutAsync(CancellationToken cancellationToken)
    {
        var token = await _login.GetTokenAsync(cancellationToken);
        await _session.EndAsync(cancellationToken);
        _login.Forget();
        using var answer = await _exchange.SendAsync(ApiCall.Delete("/users/logout"), token, cancellationToken);
        Check(answer, CommandCode.LogoutUser);
    }

    /// <inheritdoc/>
    public async ValueTask DoAsync<TBody>(CommandCode code, TBody body, Repeat repeat, CancellationToken cancellationToken)
        where TBody : IWireValue<TBody>
    {
        var call = ApiCalls.Of(code, body);
        if (code is CommandCode.JoinConsumerGroup)
            _session.Begin(); // before it is sent: it may be carried out without an answer
        using var answer = await AskAsync(call, repeat, cancellationToken);
        Check(answer, code, call.Missing);
    }

    /// <inheritdoc/>
    public async ValueTask<T> GetAsync<TBody, T>(CommandCode code, TBody body, Repeat repeat, CancellationToken cancellationToken)
        where TBody : IWireValue<TBody> where T : IWireValue<T>
    {
        var call = ApiCalls.Of(code, body);
        using var answer = await AskAsync(call, repeat, cancellationToken);
        Check(answer, code, call.Missing);
        return ApiReplies.Read<T>(answer.Body.Written.Span, code);
    }

    /// <inheritdoc/>
    public async ValueTask<(bool IsThere, T? Value)> FindAsync<TBody, T>(CommandCode code, TBody body, CancellationToken cancellationToken)
        where TBody : IWireValue<TBody> where T : IWireValue<T>
    {
        using var answer = await AskAsync(ApiCalls.Of(code, body), Repeat.Harmless, cancellationToken);
        if (IsMissing(answer, code))
            return (false, default);
        return (true, ApiReplies.Read<T>(answer.Body.Written.Span, code));
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<T>> ListAsync<TBody, T>(CommandCode code, TBody body, CancellationToken cancellationToken)
        where TBody : IWireValue<TBody> where T : IWireValue<T>
    {
        using var answer = await AskAsync(ApiCalls.Of(code, body), Repeat.Harmless, cancellationToken);
        return IsMissing(answer, code) ? [] : ApiReplies.Read<T[]>(answer.Body.Written.Span, code); // what is in a thing that is missing is an empty list
    }

    /// <inheritdoc/>
    public ValueTask SendAsync(
        Identifier stream, Identifier topic, Partitioning partitioning, ReadOnlySpan<Message> messages, CancellationToken cancellationToken)
    {
        ApiCalls.Check(new GetTopicRequest(stream, topic));
        return SendAsync($"{ApiCall.OfTopic(stream, topic)}/messages", SendJson.Encode(partitioning, messages), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IOrderedSends> OpenSendsAsync(CancellationToken cancellationToken) => new(new OrderedSends(this));

    /// <inheritdoc/>
    public async ValueTask<PolledMessages> PollAsync(PollMessagesRequest request, CancellationToken cancellationToken)
    {
        // A committing poll that is repeated would start behind messages nobody has seen.
        var repeat = request.AutoCommit ? Repeat.Never : Repeat.Harmless;
        using var answer = await AskAsync(ApiCalls.Of(CommandCode.PollMessages, request), repeat, cancellationToken);
        Check(answer, CommandCode.PollMessages);
        var reply = PollJson.Read(answer.Body.Written.Span);
        try
        {
            return new PolledMessages(reply);
        }
        catch
        {
            reply.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        await _exchange.DisposeAsync();
    }

    private static void Check(HttpAnswer answer, CommandCode code, IggyError missing = IggyError.ResourceNotFound)
    {
        if (HttpErrors.Find(answer, missing, code) is { } refused)
            throw refused;
    }

    // Only the API itself can say that something is missing: a 404 without its code comes from something else.
    private static bool IsMissing(HttpAnswer answer, CommandCode code)
    {
        if (HttpErrors.Find(answer, IggyError.ResourceNotFound, code) is not { } refused)
            return false;
        return answer.Status == 404 && refused.Error is not IggyError.FeatureUnavailable ? true : throw refused;
    }

    private async ValueTask SendAsync(string path, PooledBuffer body, CancellationToken cancellationToken)
    {
        using var answer = await AskAsync(new ApiCall(HttpMethod.Post, path, body.Written), Repeat.Never, cancellationToken);
        body.Dispose(); // after a failure it is left to the collector: something may still read it
        Check(answer, CommandCode.SendMessages);
    }

    // What surely was not carried out is sent again as often as the options say, the rest only where twice is as good as once.
    private async ValueTask<HttpAnswer> AskAsync(ApiCall call, Repeat repeat, CancellationToken cancellationToken)
    {
        var (unreached, lost) = (0, 0);
        while (true)
        {
            try
            {
                return await AskOnceAsync(call, cancellationToken);
            }
            catch (IggyConnectionException e) when (!e.IsOutcomeUnknown && unreached < _options.Reconnect.MaxAttempts)
            {
                unreached++;
                await Task.Delay(_options.Reconnect.DelayAfter(unreached, Random.Shared.NextDouble()), _options.Clock, cancellationToken);
            }
            catch (IggyConnectionException e) when (e.IsOutcomeUnknown && repeat is Repeat.Harmless && lost + 1 < MaxTries && _options.Reconnect.MaxAttempts > 0)
            {
                lost++;
            }
        }
    }

    // A token that is taken no more was refused before the request was looked at: it is sent again with the next one, once.
    private async ValueTask<HttpAnswer> AskOnceAsync(ApiCall call, CancellationToken cancellationToken)
    {
        for (var isSecond = false; ; isSecond = true)
        {
            var token = call.IsPublic ? null : await _login.GetTokenAsync(cancellationToken);
            var answer = await _exchange.SendAsync(call, token, cancellationToken);
            if (answer.Status != 401 || token is null || isSecond)
                return answer;
            answer.Dispose();
            _login.Reject(token);
        }
    }

    // Requests that are under way together have no order here: each has its place when it is answered.
    private sealed class OrderedSends(HttpChannel channel) : IOrderedSends
    {
        public ValueTask<Task> StartAsync(Identifier stream, Identifier topic, Partitioning partitioning, ReadOnlySpan<Message> messages) =>
            AnswerAsync(channel.SendAsync(stream, topic, partitioning, messages, CancellationToken.None));

        private static async ValueTask<Task> AnswerAsync(ValueTask sending)
        {
            await sending;
            return Task.CompletedTask;
        }
    }
}
