using Iggy.Grains.Hosting;
using Iggy.Grains.Options;
using Iggy.Grains.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.TestingHost;

namespace Iggy.Grains.Tests;

public sealed class OptionsTests
{
    [Fact]
    public async Task Start_WithBadOptions_NamesThemAllAndTouchesNothing()
    {
        var path = Path.Combine(Path.GetTempPath(), $"iggy-grains-{Guid.NewGuid():N}");
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddIggyGrains();
            silo.Services.Configure<StorageOptions>(options => (options.DataPath, options.SegmentBytes, options.FlushInterval) = (path, 511, TimeSpan.Zero));
            silo.Services.Configure<UserOptions>(options => options.PasswordWorkFactor = 3);
        });
        await using var cluster = builder.Build();

        var text = (await Assert.ThrowsAnyAsync<Exception>(() => cluster.DeployAsync(TestContext.Current.CancellationToken))).ToString();

        Assert.Contains(nameof(StorageOptions.SegmentBytes), text, StringComparison.Ordinal);
        Assert.Contains(nameof(StorageOptions.FlushInterval), text, StringComparison.Ordinal);
        Assert.Contains(nameof(UserOptions.PasswordWorkFactor), text, StringComparison.Ordinal);
        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public async Task Start_WithADefaultTopicSizeBelowASegment_IsRefused()
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => Server.StartAsync(configure: silo =>
            silo.Services.Configure<CatalogOptions>(options => options.DefaultMaxTopicBytes = (5 * 1024) - 1)));
        Assert.Contains(nameof(CatalogOptions.DefaultMaxTopicBytes), failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_AsShipped_AreValidAndAbsolute()
    {
        var services = new ServiceCollection();
        services.AddOptions<StorageOptions>();
        services.AddSingleton<IValidateOptions<StorageOptions>, StorageOptionsValidator>();
        using var provider = services.BuildServiceProvider();
        Assert.True(Path.IsPathRooted(provider.GetRequiredService<IOptions<StorageOptions>>().Value.DataPath));
        Assert.True(new CatalogOptionsValidator().Validate(null, new CatalogOptions()).Succeeded);
        Assert.True(new UserOptionsValidator().Validate(null, new UserOptions()).Succeeded);
        Assert.True(new TokenOptionsValidator().Validate(null, new TokenOptions()).Succeeded);
    }
}
