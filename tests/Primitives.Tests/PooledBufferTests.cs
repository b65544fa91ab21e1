using System.Buffers;
using CsCheck;

namespace Iggy.Primitives.Tests;

/// <summary>Arrays of the pool that get longer.</summary>
public sealed class PooledBufferTests
{
    // Goal: growing loses and adds no byte. Method: pieces of any size against a list.
    [Fact]
    public void Written_PiecesOfAnySize_IsAllOfThem() => Gen.Byte.Array[0, 3000].List[0, 8].Sample(pieces =>
    {
        using var buffer = new PooledBuffer(firstBytes: 16);
        foreach (var piece in pieces)
            buffer.Write(piece);
        Assert.Equal(pieces.SelectMany(static piece => piece), buffer.Written.ToArray());
        buffer.Clear();
        Assert.Equal(0, buffer.Length);
    });

    [Fact]
    public void GetSpan_BeyondTheMost_IsRefusedAndNothingLost()
    {
        using var buffer = new PooledBuffer(firstBytes: 16, mostBytes: 100);
        buffer.Write("0123456789"u8);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.GetMemory(91));
        Assert.Equal("0123456789"u8, buffer.Written.Span);
        Assert.True(buffer.GetSpan(90).Length >= 90);
    }

    [Fact]
    public void GetSpanBehind_Growing_KeepsWhatIsNotCountedYet()
    {
        using var buffer = new PooledBuffer(firstBytes: 16);
        buffer.Write("ab"u8);
        "cd"u8.CopyTo(buffer.GetSpan(2));
        "ef"u8.CopyTo(buffer.GetSpanBehind(2, 10_000));
        buffer.Advance(4);
        Assert.Equal("abcdef"u8, buffer.Written.Span);
    }

    [Fact]
    public void Advance_BeyondTheRoom_IsRefused()
    {
        using var buffer = new PooledBuffer(firstBytes: 16);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(buffer.GetSpan().Length + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(-1));
    }

    // Goal: an array that was handed over is not given back as well, which would lend it to two.
    [Fact]
    public void Detach_ThenDispose_LeavesTheArrayToItsNewOwner()
    {
        var buffer = new PooledBuffer(firstBytes: 16);
        buffer.Write("ab"u8);
        var array = buffer.Detach();
        buffer.Dispose();
        Assert.Equal("ab"u8, array.AsSpan(0, 2));
        Assert.NotSame(array, ArrayPool<byte>.Shared.Rent(16));
        Assert.Equal(0, buffer.Written.Length);
    }

    [Fact]
    public void Grow_OfNoArrayYet_RentsOne()
    {
        byte[] array = [];
        PooledArrays.Grow(ref array, 0, 5);
        Assert.True(array.Length >= 5);
        var first = array;
        PooledArrays.Grow(ref array, 5, array.Length);
        Assert.Same(first, array);
        PooledArrays.Grow(ref array, 5, array.Length + 1L);
        Assert.True(array.Length >= 2 * first.Length);
        PooledArrays.Return(array);
    }
}
