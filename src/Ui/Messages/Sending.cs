using Iggy.Gateway.Errors;
using Iggy.Gateway.Routing;
using Iggy.Primitives;
using Iggy.Ui.Circuits;

namespace Iggy.Ui.Messages;

/// <summary>Sends messages that somebody made by hand, or sends some again.</summary>
internal static class Sending
{
    /// <summary>Sends a batch.</summary>
    /// <returns>Where its first message lies.</returns>
    public static async Task<(uint PartitionId, ulong Offset)> SendAsync(this Backend backend, ConsoleUser user, TopicAddress address, PartitionChoice choice, IReadOnlyList<OutgoingMessage> messages)
    {
        var now = backend.Clock.UnixMicros();
        OutgoingMessage[] dated = [.. messages.Select(message => message.OriginMicros == 0 ? message with { OriginMicros = now } : message)];
        if (!BatchBuilder.TryBuild(dated, out var batch, out var trouble))
            throw new ConsoleException(trouble!);
        var (error, appended, place) = await user.AskAsync(session => backend.Messages.AppendAsync(session, address, choice, batch));
        CommandRefusedException.ThrowIf(error);
        return (place.PartitionId, appended.BaseOffset);
    }
}
