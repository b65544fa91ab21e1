using Iggy.Silo.Configuration;
using Microsoft.Extensions.Configuration;

namespace Iggy.Silo.Tests;

/// <summary>Where settings come from, which wins, and what is told about wrong ones.</summary>
public sealed class ServerConfigurationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("iggy-silo-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_SourcesInOrder_TheLaterWins()
    {
        File.WriteAllText(Path.Combine(_folder, "appsettings.json"), """{ "Iggy": { "Tcp": { "Address": "127.0.0.1:1", "Backlog": 11, "MaxConnections": 12, "Enabled": false } } }""");
        var variables = new Dictionary<string, string>
        {
            ["IGGY_TCP_ADDRESS"] = "127.0.0.1:2", ["IGGY_TCP_ENABLED"] = "true", ["Iggy__Tcp__Address"] = "127.0.0.1:3", ["IGGY__TCP__MAXCONNECTIONS"] = "13",
        };
        var (read, notes) = Read(variables, "--Iggy:Tcp:Address=127.0.0.1:4");
        Assert.Equal("127.0.0.1:4", read["Iggy:Tcp:Address"]);
        Assert.Equal("11", read["Iggy:Tcp:Backlog"]);
        Assert.Equal("13", read["Iggy:Tcp:MaxConnections"]);
        Assert.Equal("true", read["Iggy:Tcp:Enabled"]);
        Assert.Equal("127.0.0.1:3", Read(variables).Read["Iggy:Tcp:Address"]);
        Assert.Empty(notes.Errors);
        Assert.Empty(notes.Warnings);
    }

    [Fact]
    public void Read_ManyWrongValues_TellsAllAtOnceWithValueAndAllowed()
    {
        var (_, notes) = Read(
            new()
            {
                ["Iggy__Tcp__Backlog"] = "0", ["Iggy__Tcp__MaxConnections"] = "many", ["Iggy__Storage__Durability"] = "paranoid", ["Iggy__Storage__SegmentBytes"] = "5",
                ["IGGY_TCP_ENABLED"] = "perhaps",
            },
            "--Iggy:Server:StopTimeout=00:00:00", "--Iggy:Logging:Json=maybe");
        Assert.Equal(7, notes.Errors.Count);
        Assert.Contains("Iggy:Tcp:Backlog is '0'; allowed: 1 to 65535.", notes.Errors);
        Assert.Contains("Iggy:Tcp:MaxConnections is 'many'; allowed: 1 to 1000000.", notes.Errors);
        Assert.Contains("Iggy:Storage:Durability is 'paranoid'; allowed: None, Interval, Always.", notes.Errors);
        Assert.Contains("Iggy:Storage:SegmentBytes is '5'; allowed: 512 to 1073741824.", notes.Errors);
        Assert.Contains("Iggy:Logging:Json is 'maybe'; allowed: true, false.", notes.Errors);
    }

    [Fact]
    public void Read_BadAddress_IsAnError() =>
        Assert.Contains("Iggy:Tcp:Address", Assert.Single(Read(new() { ["IGGY_TCP_ADDRESS"] = "nowhere" }).Notes.Errors), StringComparison.Ordinal);

    [Fact]
    public void Read_UnknownKeyOfOurs_WarnsWithTheNearest() =>
        Assert.Contains("Nearest: Iggy:Tcp:Address", Assert.Single(Read([], "--Iggy:Tcp:Adress=x").Notes.Warnings), StringComparison.Ordinal);

    [Fact]
    public void Read_NamedFile_IsReadInsteadOfTheDefault()
    {
        File.WriteAllText(Path.Combine(_folder, "appsettings.json"), """{ "Iggy": { "Tcp": { "Backlog": 1 } } }""");
        File.WriteAllText(Path.Combine(_folder, "other.json"), """{ "Iggy": { "Tcp": { "MaxConnections": 2 } } }""");
        var (read, _) = Read(new() { ["IGGY_CONFIG_PATH"] = "other.json" });
        Assert.Equal("2", read["Iggy:Tcp:MaxConnections"]);
        Assert.Null(read["Iggy:Tcp:Backlog"]);
    }

    [Fact]
    public void Read_NamedFileThatIsMissing_Warns() =>
        Assert.Contains("'none.json'", Assert.Single(Read(new() { ["IGGY_CONFIG_PATH"] = "none.json" }).Notes.Warnings), StringComparison.Ordinal);

    [Theory]
    [InlineData("config.toml", "[tcp")]
    [InlineData("config.json", "{ \"Iggy\": ")]
    public void Read_FileThatCannotBeUnderstood_StopsTheStart(string name, string content)
    {
        File.WriteAllText(Path.Combine(_folder, name), content);
        Assert.Throws<ConfigurationException>(() => Read(new() { ["IGGY_CONFIG_PATH"] = name }));
    }

    [Fact]
    public void Report_AnyConfiguration_HasEveryKeyAndNoSecret()
    {
        var (read, _) = Read(new() { ["IGGY_ROOT_USERNAME"] = "admin", ["IGGY_ROOT_PASSWORD"] = "hush-hush" });
        var report = ConfigurationReport.Write(read);
        Assert.All(KnownOptions.Keys().Where(key => !key.Contains('*', StringComparison.Ordinal)), key => Assert.Contains(key + " = ", report, StringComparison.Ordinal));
        Assert.Contains("Iggy:Root:Username = admin", report, StringComparison.Ordinal);
        Assert.Contains("Iggy:Root:Password = ******", report, StringComparison.Ordinal);
        Assert.DoesNotContain("hush-hush", report, StringComparison.Ordinal);
    }

    [Fact]
    public void DotEnv_SetsWhatTheEnvironmentDoesNot()
    {
        var (mine, taken) = ($"IGGY_TEST_{Guid.NewGuid():N}", $"IGGY_TEST_{Guid.NewGuid():N}");
        File.WriteAllText(Path.Combine(_folder, ".env"), $"# a comment\n{mine}=\"from file\"\n{taken}=from file\n");
        Environment.SetEnvironmentVariable(taken, "from environment");
        try
        {
            Assert.Equal(Path.Combine(_folder, ".env"), DotEnvFile.Load(_folder, named: null));
            Assert.Equal("from file", Environment.GetEnvironmentVariable(mine));
            Assert.Equal("from environment", Environment.GetEnvironmentVariable(taken));
        }
        finally
        {
            Environment.SetEnvironmentVariable(mine, null);
            Environment.SetEnvironmentVariable(taken, null);
        }
    }

    [Fact]
    public void DotEnv_NoFile_IsNothing_AndANamedOneIsAnError()
    {
        Assert.Null(DotEnvFile.Load(_folder, named: ""));
        Assert.Throws<ConfigurationException>(() => DotEnvFile.Load(_folder, named: "my.env"));
    }

    [Fact]
    public void DotEnv_NoSenseInTheFile_IsAnErrorThatDoesNotQuoteIt()
    {
        File.WriteAllText(Path.Combine(_folder, ".env"), "IGGY_ROOT_PASSWORD=\"hush-hush\n= =\n");
        var error = Assert.Throws<ConfigurationException>(() => DotEnvFile.Load(_folder, named: null));
        Assert.DoesNotContain("hush", error.Message, StringComparison.Ordinal);
    }

    private (IConfigurationRoot Read, ConfigurationNotes Notes) Read(Dictionary<string, string> variables, params string[] arguments)
    {
        var notes = new ConfigurationNotes();
        return (ServerConfiguration.Read(variables, arguments, _folder, notes), notes);
    }
}
