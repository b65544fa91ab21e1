using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Tests;

public class PermissionsTests
{
    private const string NoFlags = "00000000000000000000";

    [Fact]
    public void Block_Smallest_IsElevenBytes() => Assert.Equal(11, Bytes.Of(Permissions.All).Length);

    [Fact]
    public void Flags_EachAlone_AreBytesInOrder()
    {
        for (var bit = 0; bit < 10; bit++)
        {
            var block = Bytes.Of(new Permissions((GlobalPermissions)(1 << bit), []));
            Assert.Equal(Enumerable.Range(0, 11).Select(at => (byte)(at == bit ? 1 : 0)), block);
        }
    }

    [Fact]
    public void Flags_AnyByteButZero_IsTrue()
    {
        Assert.Equal(IggyError.None, Permissions.TryRead(Bytes.Hex("ff020000000000000080 00"), out var permissions));
        Assert.Equal(GlobalPermissions.ManageServers | GlobalPermissions.ReadServers | GlobalPermissions.SendMessages, permissions!.Global);
    }

    [Theory]
    [InlineData("01 0b000000" + NoFlags + "00", IggyError.None)]
    [InlineData("01 0b000000" + NoFlags + "02", IggyError.None)] // only 1 says that entries follow
    [InlineData("01 0c000000" + NoFlags + "00 00", IggyError.InvalidFormat)] // a byte left over
    [InlineData("01 0a000000" + NoFlags, IggyError.InvalidCommand)] // ends early
    [InlineData("01 0b000000" + NoFlags + "01", IggyError.InvalidCommand)] // announces a stream and ends
    [InlineData("01 0c000000" + NoFlags + "00", IggyError.InvalidCommand)] // longer than the payload
    [InlineData("01 ffffffff" + NoFlags + "00", IggyError.InvalidCommand)]
    [InlineData("01 16000000" + NoFlags + "01 01000000 000000000000 00", IggyError.InvalidCommand)] // has_next is missing
    [InlineData("01 17000000" + NoFlags + "01 01000000 000000000000 00 00", IggyError.None)]
    [InlineData("01 17000000" + NoFlags + "01 01000000 000000000000 00 01", IggyError.InvalidCommand)] // announces another
    public void Block_InARequest_MustFillItsLength(string hex, IggyError expected)
    {
        var payload = Bytes.Hex("0104 01000000" + hex);
        Assert.Equal(expected, UpdatePermissionsRequest.TryRead(payload, out var request));
        Assert.Equal(expected is IggyError.None, request.Permissions is not null);
    }

    [Theory]
    [InlineData("00")]
    [InlineData("02")]
    [InlineData("00 01000000 00")] // what a released SDK adds
    public void Block_NotGiven_IsNull(string hex)
    {
        Assert.Equal(IggyError.None, UpdatePermissionsRequest.TryRead(Bytes.Hex("0104 01000000" + hex), out var request));
        Assert.Null(request.Permissions);
    }

    [Fact]
    public void Details_WithoutPermissions_EndInFourZeroes()
    {
        var details = new UserDetails(new(2, 5, UserStatus.Inactive, "bob"), null);
        var written = Bytes.Of(details);
        Assert.Equal(new byte[4], written[^4..]);
        Assert.Equal(IggyError.None, UserDetails.TryRead(written, out var read));
        Assert.Equal(details, read);
        Assert.Equal(IggyError.InvalidCommand, UserDetails.TryRead(written.AsSpan(0, written.Length - 1), out _));
    }

    [Fact]
    public void Entries_WithOneId_TheLaterCounts()
    {
        Assert.Equal(IggyError.None, Permissions.TryRead(Bytes.Hex(NoFlags + "01 01000000 010000000000 00 01 01000000 000000000001 00 00"), out var permissions));
        Assert.Equal(StreamPermissionFlags.SendMessages, Assert.Single(permissions!.Streams).Flags);
    }
}
