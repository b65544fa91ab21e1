using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Iggy.Gateway.Listeners;

/// <summary>Larger blocks for a listener's pipes, from the runtime's shared pool. Kestrel's own have 4 KiB: made for requests of a web page, they
/// would take 256 calls of the system for a frame of a megabyte. Idle connections hold none.</summary>
/// <param name="blockBytes">Of one block: what a pipe takes for its first byte.</param>
internal sealed class LargeBlocks(int blockBytes) : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    public override int MaxBufferSize => blockBytes;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new LargeBlocks(blockBytes);

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => Shared.Rent(Math.Max(minBufferSize, blockBytes));

    protected override void Dispose(bool disposing)
    {
        // nothing of its own
    }
}
