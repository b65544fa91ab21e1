using Microsoft.Playwright;

namespace Iggy.Ui.Tests;

/// <summary>The page that shows the HTTP API, at <c>/scalar</c>: it works where nothing but the server can be reached, and a script that somebody smuggles in does not run.</summary>
[Trait("kind", "process")]
public sealed class ApiPageTests(ConsoleFixture fixture)
{
    [Fact]
    public async Task Page_OfTheApi_AsksNoOtherHostAndKeepsItsPolicy()
    {
        await using var visitor = await fixture.VisitAsync();
        var answer = await visitor.Page.GotoAsync(new Uri(fixture.Address, "/scalar/").ToString());
        Assert.Equal("nosniff", answer!.Headers["x-content-type-options"]);
        Assert.Contains("frame-ancestors 'none'", answer.Headers["content-security-policy"], StringComparison.Ordinal);
        await visitor.Page.GetByText("The HTTP API of Apache Iggy").First.WaitForAsync();
        await visitor.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        Assert.Empty(visitor.Complaints);
    }
}
