using System.Collections.Immutable;

namespace Iggy.Protocol.Vsr;

/// <summary>Reply to a send: u32 count, then the confirmations.</summary>
/// <param name="Confirmations">One for each partition that got messages.</param>
public sealed record VsrSendReply(ImmutableArray<SendConfirmation> Confirmations) : IWireValue<VsrSendReply>
{
    /// <inheritdoc/>
    public static VsrSendReply Read(ref WireReader reader) => new(WireRecords.Read<SendConfirmation>(ref reader, reader.U32(), SendConfirmation.SizeInBytes));

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32((uint)Confirmations.Length);
        writer.Records(Confirmations.AsSpan());
    }
}
