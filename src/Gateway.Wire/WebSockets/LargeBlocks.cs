using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Iggy.Gateway.Wire.WebSockets;

/// <summary>Blocks of 256 KiB for a listener's pipes, from the runtime's shared pool. Kestrel's own have 4 KiB: made for requests of a web page, they
/// would take 256 calls of the system for a frame of a megabyte. Idle connections hold none.</summary>
internal sealed class LargeBlocks : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    private const int BlockBytes = 256 * 1024;

    public override int MaxBufferSize => BlockBytes;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new LargeBlocks();

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => Shared.Rent(Math.Max(minBufferSize, BlockBytes));

    protected override void Dispose(bool disposing)
    {
        // nothing of its own
    }
}
