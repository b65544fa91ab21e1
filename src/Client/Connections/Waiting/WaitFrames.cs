using System.Collections.Immutable;
using System.Reflection;
using Iggy.Primitives;
using Iggy.Protocol;
using Iggy.Protocol.Vsr;
using Iggy.Protocol.Vsr12;

namespace Iggy.Client.Connections.Waiting;

/// <summary>The few frames of the 0.12 line that waiting needs: a login, the history of a partition, a read that waits, and its end.</summary>
/// <param name="client">Drawn for the connection.</param>
internal sealed class WaitFrames(UInt128 client)
{
    // A reply that is never looked at but for its table: no more than one message, whatever its size.
    private const uint LeastCount = 1;

    private static readonly string _version = typeof(WaitFrames).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
    private static readonly TimeSpan _spare = TimeSpan.FromSeconds(10);

    /// <summary>From the login's reply.</summary>
    public ulong Session { get; set; }

    /// <summary>A login.</summary>
    public PooledBuffer Register(Credentials credentials, ImmutableArray<byte> secret) => Frame(Operation.Register, CommandCode.None, 0, writer =>
        new RegisterRequest(
            ProtocolVersion.Sessions, "iggy-net", _version,
            credentials.Username is { } username ? new PasswordLogin(username, credentials.Secret) : null,
            credentials.Username is null ? credentials.Secret : null) { Secret = secret }.Write(writer));

    /// <summary>Asks for the history of a partition.</summary>
    public PooledBuffer Route(ulong request, Identifier stream, Identifier topic, uint partitionId) =>
        Frame(Operation.NonReplicated, CommandCode.GetPartitionRoute, request, new PartitionRouteRequest(stream, topic, partitionId).Write);

    /// <summary>Reads one message, and waits for it. The consumer is nobody's: the read stores nothing.</summary>
    public PooledBuffer Wait(ulong request, Identifier stream, Identifier topic, ImmutableArray<FetchTarget> targets, TimeSpan longest) => Frame(
        Operation.NonReplicated, CommandCode.FetchMessages, request,
        new FetchRequest(
            new Consumer(ConsumerKind.Single, default), stream, topic,
            new ReadPatience((ulong)longest.TotalMicroseconds, 1, ReadPatience.LeastBytes, (ulong)(longest + _spare).TotalMicroseconds), LeastCount, AutoCommit: false, targets).Write);

    /// <summary>Ends a wait.</summary>
    public PooledBuffer Cancel(ulong request) => Frame(Operation.NonReplicated, CommandCode.CancelDeferredRequest, request, static _ => { });

    private PooledBuffer Frame(Operation operation, CommandCode code, ulong request, Action<WireWriter> write)
    {
        var frame = new PooledBuffer();
        try
        {
            frame.GetSpan(RequestHeader.SizeInBytes)[..RequestHeader.SizeInBytes].Clear();
            frame.Advance(RequestHeader.SizeInBytes);
            write(new WireWriter(frame));
            var number = operation is Operation.Register ? new UInt128(1, request + 1) : 0; // drawn for what is carried out once
            new RequestHeader((uint)frame.Length, FrameCommand.Request, client, number, 0, request, operation, operation is Operation.Register ? 0 : Session, code).Write(frame.WrittenSpan);
            return frame;
        }
        catch
        {
            frame.Dispose();
            throw;
        }
    }
}
