using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Tests;

public class ClassicMessageHeaderTests
{
    [Fact]
    public void Size_InMemory_IsTheWiresSize()
    {
        Assert.Equal(64, ClassicMessageHeader.SizeInBytes);
        Assert.Equal(ClassicMessageHeader.SizeInBytes, Unsafe.SizeOf<ClassicMessageHeader>());
        Assert.True(BitConverter.IsLittleEndian, "headers are read in place");
    }

    [Theory]
    [InlineData(nameof(ClassicMessageHeader.Checksum), 0)]
    [InlineData(nameof(ClassicMessageHeader.IdLow), 8)]
    [InlineData(nameof(ClassicMessageHeader.IdHigh), 16)]
    [InlineData(nameof(ClassicMessageHeader.Offset), 24)]
    [InlineData(nameof(ClassicMessageHeader.TimestampMicros), 32)]
    [InlineData(nameof(ClassicMessageHeader.OriginTimestampMicros), 40)]
    [InlineData(nameof(ClassicMessageHeader.UserHeadersBytes), 48)]
    [InlineData(nameof(ClassicMessageHeader.PayloadBytes), 52)]
    [InlineData(nameof(ClassicMessageHeader.Reserved), 56)]
    public void Offset_OfField_IsTheWires(string field, int expected) =>
        Assert.Equal(expected, Marshal.OffsetOf<ClassicMessageHeader>(field).ToInt32());

    [Fact]
    public void Id_SetAndRead_IsLittleEndian()
    {
        var bytes = new byte[ClassicMessageHeader.SizeInBytes];
        new ClassicMessageHeader { Id = new UInt128(0x1F1E1D1C1B1A1918, 0x1716151413121110) }.WriteTo(bytes);
        Assert.Equal(Enumerable.Range(0x10, 16).Select(value => (byte)value), bytes[8..24]);
        Assert.Equal(new UInt128(0x1F1E1D1C1B1A1918, 0x1716151413121110), ClassicMessageHeader.At(bytes).Id);
    }

    [Fact]
    public void MessageBytes_OfHugeLengths_DoesNotWrap() => Assert.Equal(
        64 + (2UL * uint.MaxValue), new ClassicMessageHeader { UserHeadersBytes = uint.MaxValue, PayloadBytes = uint.MaxValue }.MessageBytes);

    [Fact]
    public void At_TooShort_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => ClassicMessageHeader.At(new byte[63]).Offset);
}
