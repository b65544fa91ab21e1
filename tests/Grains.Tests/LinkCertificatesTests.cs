using Iggy.Grains.Options;

namespace Iggy.Grains.Tests;

/// <summary>Certificates for links that are not there stop the start, with a sentence.</summary>
public sealed class LinkCertificatesTests
{
    [Fact]
    public void Validate_NoFiles_IsLinksInTheClear()
    {
        var options = new ClusterNodeOptions { Enabled = true };
        Assert.True(new LinkCertificatesValidator().Validate(null, options).Succeeded);
        Assert.Null(LinkCertificates.Load(options));
    }

    [Fact]
    public void Validate_SomeOfTheFiles_IsRefused() =>
        Assert.Contains("belong together", new LinkCertificatesValidator().Validate(null, new ClusterNodeOptions { Enabled = true, LinkCertificatePath = "node.pem" }).FailureMessage, StringComparison.Ordinal);

    [Fact]
    public void Validate_AFileThatIsNotThere_IsRefused()
    {
        var missing = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));
        var options = new ClusterNodeOptions { Enabled = true, LinkCertificatePath = missing, LinkKeyPath = missing, LinkAuthorityPath = missing };
        Assert.Contains("cannot be used", new LinkCertificatesValidator().Validate(null, options).FailureMessage, StringComparison.Ordinal);
    }
}
