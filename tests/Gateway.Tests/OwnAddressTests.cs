using System.Net;
using Iggy.Gateway.Host;

namespace Iggy.Gateway.Tests;

/// <summary>Which address clients are told.</summary>
public sealed class OwnAddressTests
{
    [Theory]
    [InlineData("10.0.0.7", "192.168.0.1", "10.0.0.7")]
    [InlineData("0.0.0.0", "192.168.0.1", "192.168.0.1")]
    [InlineData("::", "::ffff:192.168.0.1", "192.168.0.1")]
    [InlineData("::", "fd00::1", "fd00::1")]
    [InlineData(null, null, "127.0.0.1")]
    public void For_IsWhatTheClientCanDial(string? listening, string? reached, string told) =>
        Assert.Equal(IPAddress.Parse(told), OwnAddress.For(Parse(listening), Parse(reached)));

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public void For_AWildcardThatNobodyIsKnownToHaveReached_IsNeverTold(string listening)
    {
        var told = OwnAddress.For(Parse(listening), reached: null);
        Assert.NotEqual(IPAddress.Any, told);
        Assert.NotEqual(IPAddress.IPv6Any, told);
        Assert.Equal(told, OwnAddress.For(Parse(listening), Parse(listening)));
    }

    private static IPAddress? Parse(string? text) => text is null ? null : IPAddress.Parse(text);
}
