using System.Buffers;
using System.Buffers.Binary;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>Replies against the worked examples of the wire specifications: their checksums were computed by other programs.</summary>
public class WireExampleTests
{
    // The newer dialect: `hello` and `world` sent as one batch, polled whole and from the second message.
    [Fact]
    public void Read_CompactExample_HasTheDocumentedChecksums()
    {
        using var log = At(1_755_000_001_500_000);
        var hello = new Sent("hello"u8.ToArray(), [], 1_755_000_001_000_000, 0x1001);
        var world = new Sent("world"u8.ToArray(), [2, 1, 0, 0, 0, (byte)'k', 2, 1, 0, 0, 0, (byte)'v'], 1_755_000_001_000_250, 0x1002);
        log.Append(MessageLayout.Compact, [hello, world]);

        var whole = Bytes(log, MessageLayout.Compact, from: 0);
        Assert.Equal(374, whole.Length);
        Assert.Equal(0xfce20e846533324a, U64(whole, 40));
        Assert.Equal(0x43c273a75d2a5473UL, U64(whole, 256));
        Assert.Equal(0xb99f97820d98caafUL, U64(whole, 256 + 53));

        var slice = Bytes(log, MessageLayout.Compact, from: 1);
        Assert.Equal(321, slice.Length);
        Assert.Equal((0UL, 0x19231d6fc062cfd6UL), (U64(slice, 8), U64(slice, 40)));
        Assert.True(slice.AsSpan(256).SequenceEqual(whole.AsSpan(256 + 53)));
    }

    // The 0.8.0 dialect: two messages of one batch.
    [Fact]
    public void Read_ClassicExample_HasTheDocumentedChecksums()
    {
        using var log = At(1_764_000_002_000_500);
        byte[] headers = [2, 5, 0, 0, 0, .. "trace"u8, 2, 3, 0, 0, 0, .. "abc"u8];
        var id = BinaryPrimitives.ReadUInt128LittleEndian(Convert.FromHexString("4c3f1e0a7b5d4e2f8a6b1c9d0e3f5a71"));
        log.Append(new Sent("hello"u8.ToArray(), headers, 1_764_000_001_999_000, 1), new Sent("world!"u8.ToArray(), [], 1_764_000_001_999_000, id));

        var reply = Bytes(log, MessageLayout.Classic, from: 0);
        Assert.Equal(157, reply.Length);
        Assert.Equal((0xF544B90BEDA90085, 0x09970C3D8C0DA7FAUL), (U64(reply, 0), U64(reply, 87)));
    }

    private static TestLog At(long micros) => new(now: DateTimeOffset.UnixEpoch.AddMicroseconds(micros));

    private static byte[] Bytes(TestLog log, MessageLayout layout, ulong from)
    {
        var result = log.Log.Read(new ReadRequest(ReadFrom.Offset, from, 10, layout));
        var bytes = result.Rented.AsSpan(0, result.Bytes).ToArray();
        ArrayPool<byte>.Shared.Return(result.Rented!);
        return bytes;
    }

    private static ulong U64(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
}
