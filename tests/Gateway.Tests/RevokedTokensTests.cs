using System.Globalization;
using Iggy.Gateway.Security;
using Iggy.Grains.Interfaces.Users;

namespace Iggy.Gateway.Tests;

/// <summary>What is remembered of revoked tokens.</summary>
public sealed class RevokedTokensTests
{
    // Goal: tokens that are tried take no more memory than the bound, and those beyond it are judged all the same.
    [Fact]
    public async Task IsRevoked_MoreTokensThanAreKept_AsksForTheOthers()
    {
        var asked = 0;
        var tokens = new RevokedTokens(ScriptedGrains.Of((typeof(IRevokedTokensGrain), Answering.As<IRevokedTokensGrain>("IsRevokedAsync", () => new ValueTask<bool>(++asked > RevokedTokens.MaxEntries)))));
        for (var i = 0; i < RevokedTokens.MaxEntries; i++)
            Assert.False(await tokens.IsRevokedAsync(i.ToString(CultureInfo.InvariantCulture)));
        for (var i = 0; i < 3; i++)
            Assert.True(await tokens.IsRevokedAsync("one more"));
        Assert.False(await tokens.IsRevokedAsync("0"));
        Assert.Equal((RevokedTokens.MaxEntries, RevokedTokens.MaxEntries + 3), (tokens.Count, asked));
    }
}
