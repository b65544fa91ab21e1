namespace Iggy.Client.Connections.Vsr;

/// <summary>The newer dialect on any transport: a layer beneath the classic one, so that all above it need not know which dialect is spoken.</summary>
/// <remarks>The two dialects have the same commands in the same order, so one frame becomes one frame. Messages are written anew both ways, for
/// each has headers of its own; that is one copy and one checksum more for each message.</remarks>
internal sealed class VsrTransport(ITransport inner, int maxReplyBytes) : ITransport
{
    /// <inheritdoc/>
    public async ValueTask<Stream> OpenAsync(CancellationToken cancellationToken) => new VsrStream(await inner.OpenAsync(cancellationToken), maxReplyBytes);
}
