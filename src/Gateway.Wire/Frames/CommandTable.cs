using System.Collections.Frozen;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Transports;
using Iggy.Protocol;

namespace Iggy.Gateway.Wire.Frames;

/// <summary>Which code leads to which command. Each entry keeps the protocol's order: decode, login, then the command itself.</summary>
internal sealed class CommandTable
{
    private readonly Dictionary<CommandCode, DialectCommand> _commands = [];

    /// <summary>All entries so far.</summary>
    public FrozenDictionary<CommandCode, DialectCommand> Build() => _commands.ToFrozenDictionary();

    /// <summary>A command that decodes its payload itself and keeps the order itself.</summary>
    public void Add(CommandCode code, DialectCommand command) => _commands.Add(code, command);

    /// <summary>The commands of another table, where this one has none.</summary>
    public void AddMissing(FrozenDictionary<CommandCode, DialectCommand> others)
    {
        foreach (var (code, command) in others)
            _commands.TryAdd(code, command);
    }

    /// <summary>A command with a request body.</summary>
    /// <param name="run">Gets the decoded request and writes the reply's payload; refuses by exception.</param>
    public void Map<TRequest>(Func<Session, TRequest, WireWriter, ValueTask> run) where TRequest : IWireRequest<TRequest> =>
        Add(TRequest.Code, (session, payload, reply) =>
        {
            if (TryRead<TRequest>(payload.Span, out var request) is var fault and not IggyError.None)
                return new(new Outcome(fault));
            return session.IsLoggedIn ? RunAsync(run(session, request, new WireWriter(reply))) : Unauthenticated;
        });

    /// <summary>A command without a request body; whatever comes with it is ignored.</summary>
    public void Map(CommandCode code, Func<Session, WireWriter, ValueTask> run) =>
        Add(code, (session, _, reply) => session.IsLoggedIn ? RunAsync(run(session, new WireWriter(reply))) : Unauthenticated);

    /// <summary>A command that works before login.</summary>
    public void MapPublic<TRequest>(Func<Session, TRequest, WireWriter, ValueTask> run) where TRequest : IWireRequest<TRequest> =>
        Add(TRequest.Code, (session, payload, reply) => TryRead<TRequest>(payload.Span, out var request) is var fault and not IggyError.None
            ? new(new Outcome(fault))
            : RunAsync(run(session, request, new WireWriter(reply))));

    private static ValueTask<Outcome> Unauthenticated => new(new Outcome(IggyError.Unauthenticated));

    private static IggyError TryRead<TRequest>(ReadOnlySpan<byte> payload, out TRequest request) where TRequest : IWireRequest<TRequest>
    {
        var reader = new WireReader(payload);
        request = TRequest.Read(ref reader);
        return reader.Error;
    }

    private static async ValueTask<Outcome> RunAsync(ValueTask running)
    {
        await running;
        return new Outcome(IggyError.None);
    }
}

/// <summary>A command in one dialect: decodes, checks the login, runs, encodes.</summary>
internal delegate ValueTask<Outcome> DialectCommand(Session session, ReadOnlyMemory<byte> payload, ReplyBuffer reply);
