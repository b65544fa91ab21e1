using Iggy.Silo.Configuration;
using Iggy.Silo.Hosting;
using Iggy.Silo.Options;

namespace Iggy.Silo.Tests;

/// <summary>Which root user a new server gets.</summary>
public sealed class RootUserTests
{
    [Fact]
    public void From_BothGiven_AreTaken()
    {
        var root = RootUser.From(new RootOptions { Username = "admin", Password = "secret", UseDefaults = true });
        Assert.Equal(("admin", "secret", false), (root.Username, root.Password, root.IsGenerated));
        Assert.DoesNotContain("secret", root.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void From_NoneGiven_IsIggyWithAPasswordThatDiffersEachTime()
    {
        var (first, second) = (RootUser.From(new RootOptions()), RootUser.From(new RootOptions { Username = "", Password = "" }));
        Assert.Equal(("iggy", true, 32), (first.Username, first.IsGenerated, first.Password.Length));
        Assert.True(first.Password.All(char.IsAsciiLetterOrDigit));
        Assert.NotEqual(first.Password, second.Password);
    }

    [Theory]
    [InlineData(null, null, "iggy", "iggy")]
    [InlineData("admin", null, "admin", "iggy")]
    [InlineData(null, "secret", "iggy", "secret")]
    public void From_DefaultsAskedFor_FillWhatIsMissing(string? username, string? password, string expectedUsername, string expectedPassword)
    {
        var root = RootUser.From(new RootOptions { Username = username, Password = password, UseDefaults = true });
        Assert.Equal((expectedUsername, expectedPassword, false), (root.Username, root.Password, root.IsGenerated));
    }

    [Theory]
    [InlineData("admin", null, 1)]
    [InlineData(null, "secret", 1)]
    [InlineData("ab", "secret", 1)]
    [InlineData("admin", "ab", 1)]
    [InlineData("ab", "ab", 2)]
    [InlineData("ab", null, 2)]
    public void From_OneMissingOrTooShort_IsRefused(string? username, string? password, int errors) =>
        Assert.Equal(errors, Assert.Throws<ConfigurationException>(() => RootUser.From(new RootOptions { Username = username, Password = password })).Errors.Count);

    [Fact]
    public void From_AtTheLimits_CountsBytesNotCharacters()
    {
        Assert.NotNull(RootUser.From(new RootOptions { Username = new string('u', 50), Password = new string('p', 100) }));
        Assert.NotNull(RootUser.From(new RootOptions { Username = "äb", Password = "äb" })); // 3 bytes
        Assert.Throws<ConfigurationException>(() => RootUser.From(new RootOptions { Username = new string('ä', 26), Password = "secret" }));
        Assert.Throws<ConfigurationException>(() => RootUser.From(new RootOptions { Username = "admin", Password = new string('ä', 51) }));
    }
}
