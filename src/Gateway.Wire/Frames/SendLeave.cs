using Iggy.Gateway.Authorization;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Transports;
using Iggy.Protocol;

namespace Iggy.Gateway.Wire.Frames;

/// <summary>Judges a large send by its first bytes, so that nobody takes memory for what he may not send.</summary>
/// <remarks>Every dialect begins a send with the length of its metadata and the identifiers of stream and topic. All is judged again when the send is carried out:
/// what changes while it comes counts then.</remarks>
internal sealed class SendLeave(PartitionCalls partitions)
{
    /// <summary>As many bytes hold the identifiers, however long they are.</summary>
    public const int HeadBytes = sizeof(uint) + (2 * (2 + ProtocolLimits.MaxNameBytes));

    /// <summary>Refuses unless stream and topic are there and the user may send to them.</summary>
    /// <param name="session">Who asks.</param>
    /// <param name="head">The first <see cref="HeadBytes"/> of the payload.</param>
    /// <param name="reply">Nothing is written.</param>
    /// <exception cref="Errors.CommandRefusedException">One of them is missing, or the user has no leave.</exception>
    public async ValueTask<Outcome> JudgeAsync(Session session, ReadOnlyMemory<byte> head, ReplyBuffer reply)
    {
        if (!TryReadTopic(head.Span, out var key))
            return new(session.Dialect is Dialect.Vsr ? IggyError.InvalidCommand : IggyError.InvalidIdentifier);
        await partitions.RequireTopicAsync(session, MessageAction.Send, new TopicAddress(head[key]));
        return new(IggyError.None);
    }

    private static bool TryReadTopic(ReadOnlySpan<byte> head, out Range key)
    {
        var reader = new WireReader(head);
        reader.U32();
        reader.IdentifierView();
        reader.IdentifierView();
        key = sizeof(uint)..reader.Position;
        return reader.Error is IggyError.None;
    }
}
