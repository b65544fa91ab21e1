namespace Iggy.EndToEnd.Tests;

/// <summary>The client's whole suite in the newer dialect.</summary>
public sealed class NewerClientTests(ServerFixture fixture) : ClientTests(fixture)
{
    private protected override string Dialect => "newer";
}
