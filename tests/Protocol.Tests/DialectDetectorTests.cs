using System.Buffers.Binary;
using CsCheck;
using Iggy.Protocol.Vsr;

namespace Iggy.Protocol.Tests;

/// <summary>The first bytes of a connection tell its dialect.</summary>
public class DialectDetectorTests
{
    private const uint MaxFrame = 64 << 20;

    // Goal: no request that was captured from a classic client is taken for the newer dialect, and the shortest look is enough.
    [Fact]
    public void Judge_EveryCapturedRequest_IsClassic()
    {
        foreach (var vector in Vectors.Requests)
            Assert.Equal(DialectSign.Classic, DialectDetector.Judge(Head((uint)(4 + vector.Payload.Length), (uint)vector.Code), MaxFrame));
    }

    [Theory]
    [InlineData(0u, 0u, DialectSign.Vsr)]
    [InlineData(0u, 1u, DialectSign.ClassicWithoutCode)]
    [InlineData(3u, 0u, DialectSign.ClassicWithoutCode)]
    [InlineData(4u, 0u, DialectSign.Classic)]
    [InlineData(60u, 999u, DialectSign.Classic)]
    [InlineData(61u, 999u, DialectSign.Undecided)]
    [InlineData(61u, 13u, DialectSign.Undecided)] // a code of the newer dialect only
    [InlineData(61u, 1u, DialectSign.Classic)]
    [InlineData(uint.MaxValue, 101u, DialectSign.Classic)]
    [InlineData(uint.MaxValue, 0u, DialectSign.Undecided)]
    public void Judge_EightBytes_SayThis(uint length, uint code, DialectSign expected) =>
        Assert.Equal(expected, DialectDetector.Judge(Head(length, code), MaxFrame));

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: somebody/1.0\r\nAccept: */*\r\n\r\n", DialectSign.Neither)]
    public void Judge_AStrangersBytes_AreNeither(string text, DialectSign expected) =>
        Assert.Equal(expected, DialectDetector.Judge(System.Text.Encoding.ASCII.GetBytes(text), MaxFrame));

    [Fact]
    public void Judge_LongUnknownCodeWithoutSignature_IsClassic() =>
        Assert.Equal(DialectSign.Classic, DialectDetector.Judge([.. Head(200, 999), .. new byte[56]], MaxFrame));

    // Goal: a client that fills the header checksum one day is still told apart.
    [Fact]
    public void Judge_FilledChecksum_IsVsr() => Gen.Byte.Array[16].Sample(checksum =>
    {
        var frame = VsrExample.Bytes("register");
        checksum.CopyTo(frame, 0);
        var (length, code) = (BinaryPrimitives.ReadUInt32LittleEndian(checksum), (CommandCode)BinaryPrimitives.ReadUInt32LittleEndian(checksum.AsSpan(4)));
        return length <= 60 || code.IsClassic() || DialectDetector.Judge(frame, MaxFrame) is DialectSign.Vsr;
    });

    private static byte[] Head(uint length, uint code)
    {
        var head = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(head, length);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(4), code);
        return head;
    }
}
