using Iggy.Gateway.Routing;
using Iggy.Grains.Interfaces.Users;
using Iggy.Ui.Circuits;
using Iggy.Ui.Logins;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Ui.Tests;

public sealed class ConsoleLoginsTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly ConsoleLogins _logins;

    public ConsoleLoginsTests() => _logins = new ConsoleLogins(
        Options.Create(new UiOptions { MaxLogins = 3, LoginTimeout = TimeSpan.FromHours(1) }), access: null!, new OpenPages(new CatalogCaches(null!, null!, null!)), _clock);

    // Goal: nobody fills the memory by logging in. Method: more logins than there may be.
    [Fact]
    public void Add_BeyondTheMost_EndsTheOneUnusedForLongest()
    {
        for (var i = 0u; i < 10; i++)
        {
            _logins.Add(new DefaultHttpContext(), new UserEntry(i, $"user-{i}", 0));
            _clock.Advance(TimeSpan.FromSeconds(1));
            Assert.InRange(_logins.Count, 1, 3);
        }
    }

    [Fact]
    public void Add_AfterOthersEnded_KeepsNoneOfThem()
    {
        for (var i = 0u; i < 3; i++)
            _logins.Add(new DefaultHttpContext(), new UserEntry(i, $"user-{i}", 0));
        _clock.Advance(TimeSpan.FromHours(2));
        _logins.Add(new DefaultHttpContext(), new UserEntry(9, "user-9", 0));
        Assert.Equal(1, _logins.Count);
    }
}
