using System.IO.Hashing;

namespace Iggy.Archive.Reports;

/// <summary>Keeps nothing of what is written to it but the checksum, so an object of any size is verified in little memory.</summary>
internal sealed class HashingStream : Stream
{
    private readonly XxHash3 _sum = new();

    /// <summary>XXH3-64 of what was written since the last beginning.</summary>
    public ulong Hash => _sum.GetCurrentHashAsUInt64();

    public override bool CanRead => false;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => Position;

    public override long Position { get; set; }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _sum.Append(buffer);
        Position += buffer.Length;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Write(buffer.AsSpan(offset, count));
        return Task.CompletedTask;
    }

    /// <summary>An attempt begins anew.</summary>
    public override void SetLength(long value)
    {
        _sum.Reset();
        Position = 0;
    }

    public override void Flush()
    {
        // Nothing is held back.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
}
