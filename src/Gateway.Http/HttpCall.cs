using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Sessions;
using Iggy.Protocol;
using Microsoft.AspNetCore.Http;

namespace Iggy.Gateway.Http;

/// <summary>One request on its way through a route: who asks, what for, and how to answer.</summary>
internal readonly struct HttpCall(HttpContext context, RequestPath path, Session session, RequestGates gates)
{
    /// <summary>The request and its answer.</summary>
    public HttpContext Context { get; } = context;

    /// <summary>Who asks; not logged in on public routes.</summary>
    public Session Session { get; } = session;

    /// <summary>Set when the client is gone.</summary>
    public CancellationToken Aborted => Context.RequestAborted;

    /// <summary>A stream, topic, group, user or consumer that the path names.</summary>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.InvalidIdentifier"/>.</exception>
    public Identifier Identifier(int segment) => ParseIdentifier(path.Segment(segment));

    /// <summary>The text of a segment.</summary>
    public string Text(int segment) => path.Segment(segment);

    /// <summary>A number that the path holds.</summary>
    /// <exception cref="RequestRejectedException">It is none.</exception>
    public uint Number(int segment) => TryParseNumber(path.Segment(segment), out var number)
        ? number
        : throw Rejected($"'{path.Segment(segment)}' in the path is no number from 0 to {uint.MaxValue}.");

    /// <summary>A query parameter, or null.</summary>
    /// <exception cref="RequestRejectedException">It is given twice.</exception>
    public string? Query(string name)
    {
        var values = Context.Request.Query[name];
        return values.Count <= 1 ? values : throw Rejected($"The query parameter {name} is given more than once.");
    }

    /// <summary>A number in the query.</summary>
    /// <exception cref="RequestRejectedException">It is none, or missing without a default.</exception>
    public uint QueryU32(string name, uint? absent) => (uint)QueryNumber(name, absent, uint.MaxValue);

    /// <summary>A number in the query, or null when it is not there.</summary>
    /// <exception cref="RequestRejectedException">It is none.</exception>
    public uint? QueryU32(string name) => Query(name) is null ? null : QueryU32(name, absent: null);

    /// <summary>A number in the query.</summary>
    /// <exception cref="RequestRejectedException">It is none, or missing without a default.</exception>
    public ulong QueryU64(string name, ulong? absent) => QueryNumber(name, absent, ulong.MaxValue);

    /// <summary>A flag in the query.</summary>
    /// <exception cref="RequestRejectedException">It is neither <c>true</c> nor <c>false</c>.</exception>
    public bool QueryFlag(string name) => Query(name) switch
    {
        null or "false" => false,
        "true" => true,
        var other => throw Rejected($"The query parameter {name} is '{other}'; allowed: true, false."),
    };

    /// <summary>Reads the request's body.</summary>
    /// <exception cref="RequestRejectedException">It is not what the route takes.</exception>
    public ValueTask<T> ReadAsync<T>(JsonTypeInfo<T> type) where T : class => JsonBodies.ReadAsync(Context.Request, gates, Session, type);

    /// <summary>Reads the request's body as it is; the caller disposes it.</summary>
    /// <exception cref="RequestRejectedException">It does not say that it is JSON.</exception>
    public ValueTask<RequestBody> ReadAsync() => JsonBodies.ReadAsync(Context.Request, gates, Session);

    /// <summary>Answers with a body.</summary>
    public Task AnswerAsync<T>(T body, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) => JsonBodies.WriteAsync(Context.Response, status, body, type);

    /// <summary>Answers without a body.</summary>
    public Task AnswerAsync(int status)
    {
        Context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    /// <summary>Answers 204.</summary>
    public Task DoneAsync() => AnswerAsync(StatusCodes.Status204NoContent);

    /// <summary>Answers 204 when a command is done.</summary>
    public async Task DoneAsync(ValueTask command)
    {
        await command;
        await DoneAsync();
    }

    /// <summary>Answers with a body, or that there is nothing.</summary>
    public Task FoundAsync<T>(T? body, JsonTypeInfo<T> type) where T : class => body is null ? NothingAsync() : AnswerAsync(body, type);

    /// <summary>Answers that there is nothing, as the reading routes do.</summary>
    public Task NothingAsync() => AnswerAsync(HttpErrors.NotFound, ApiJson.Wire.ErrorReply, StatusCodes.Status404NotFound);

    /// <summary>Digits that fit are a number, also behind a plus sign; everything else is a name.</summary>
    public static Identifier ParseIdentifier(string text)
    {
        if (TryParseNumber(text, out var number))
            return new Identifier(number);
        if (!HttpValues.IsName(text))
            throw new CommandRefusedException(IggyError.InvalidIdentifier);
        return new Identifier(text);
    }

    private static bool TryParseNumber(string text, out uint number)
    {
        var digits = text.AsSpan();
        return uint.TryParse(digits is ['+', _, ..] ? digits[1..] : digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private ulong QueryNumber(string name, ulong? absent, ulong most)
    {
        if (Query(name) is not { } text)
            return absent ?? throw Rejected($"The query parameter {name} is missing.");
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most
            ? number
            : throw Rejected($"The query parameter {name} is '{text}'; allowed: 0 to {most}.");
    }

    private static RequestRejectedException Rejected(string reason) => new(StatusCodes.Status400BadRequest, reason);
}
