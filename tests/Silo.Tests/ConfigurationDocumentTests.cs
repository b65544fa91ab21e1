using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Iggy.Silo.Configuration;
using Iggy.Testing;

namespace Iggy.Silo.Tests;

/// <summary>docs/CONFIGURATION.md is made from the option classes and the table of names. To write it again:
/// <c>IGGY_TEST_WRITE_DOCS=1 ./test.sh --fast</c>, or run this test alone with that variable.</summary>
public sealed partial class ConfigurationDocumentTests
{
    // Goal: the document never lags behind the code.
    [Fact]
    public void Document_IsWhatTheCodeSays()
    {
        var path = Path.Combine(RepositoryPaths.Root, "docs", "CONFIGURATION.md");
        var text = Write();
        if (Environment.GetEnvironmentVariable("IGGY_TEST_WRITE_DOCS") == "1")
            File.WriteAllText(path, text);
        Assert.True(File.Exists(path) && File.ReadAllText(path) == text, "docs/CONFIGURATION.md is out of date; write it again with IGGY_TEST_WRITE_DOCS=1.");
    }

    private static string Write()
    {
        var text = new StringBuilder("""
            # Configuration

            <!-- Made by tests/Silo.Tests/ConfigurationDocumentTests.cs from the option classes; IGGY_TEST_WRITE_DOCS=1 writes it again. -->

            A setting comes from, the later wins:

            1. the default below;
            2. `appsettings.json` in the working directory, or the file that `IGGY_CONFIG_PATH` names instead: JSON, `{ "Iggy": { "Tcp": { "Address": "[::]:8090" } } }`, or Apache Iggy's
               own TOML file, whose `tcp.address` means what `IGGY_TCP_ADDRESS` means below;
            3. an environment name of Apache Iggy, such as `IGGY_TCP_ADDRESS`, see [below](#names-of-apache-iggy);
            4. the environment: `Iggy__Tcp__Address=[::]:8090`;
            5. the command line: `--Iggy:Tcp:Address=[::]:8090`.

            A `.env` file in the working directory, or the one that `IGGY_ENV_PATH` names, is read into the environment before; it changes nothing that is set there.
            `iggy-server --configuration` prints what is in force. Wrong values stop the start with exit code 2: all of them are told at once, each with what is allowed.

            """);
        foreach (var (section, type) in KnownOptions.All)
        {
            var documentation = Documentation(type);
            text.Append(CultureInfo.InvariantCulture, $"\n## {section}\n\n{Summary(documentation, $"T:{type.FullName}")}\n\n| Key | Default | Allowed | |\n|---|---|---|---|\n");
            var defaults = Activator.CreateInstance(type)!;
            foreach (var property in KnownOptions.Properties(type))
            {
                var about = Summary(documentation, $"P:{property.DeclaringType!.FullName}.{property.Name}");
                text.Append(CultureInfo.InvariantCulture, $"| `{section}:{property.Name}` | {Default(property, defaults)} | {OptionsCheck.Allowed(property)} | {about} |\n");
            }
        }
        AppendNames(text);
        return text.ToString();
    }

    private static void AppendNames(StringBuilder text)
    {
        text.Append("""

            ## Names of Apache Iggy

            Every name of Apache Iggy 0.8.0's server is known. An empty value means not set. Durations are texts such as `30 s` or `1day 2h`, sizes such as `2 MB` or `1 MiB`;
            `none`, `unlimited` and `never_expire` mean no end. An `IGGY_` name that is not here gives a warning with the nearest ones.

            | Name | Value | Here |
            |---|---|---|

            """);
        foreach (var entry in IggyEnvironmentNames.All)
        {
            var here = entry.Effect switch
            {
                SettingEffect.Sets => $"sets `{entry.Key}`{When(entry.Kind)}",
                SettingEffect.Missed => $"`true` gives a warning: {entry.Why}",
                _ => $"no effect: {entry.Why}",
            };
            text.Append(CultureInfo.InvariantCulture, $"| `{entry.Name}` | {KindText(entry.Kind)} | {here} |\n");
        }
    }

    private static string When(ValueKind kind) => kind switch
    {
        ValueKind.SyncFlag => " to `Always` when true",
        ValueKind.CompressionFlag => " to `true` when `gzip`",
        _ => "",
    };

    private static string KindText(ValueKind kind) => kind switch
    {
        ValueKind.SyncFlag => "flag",
        ValueKind.CompressionFlag => "none or gzip",
        ValueKind.LogFilter => "log filter",
        ValueKind.Interval or ValueKind.Lifetime => "duration",
        _ => kind.ToString().ToLowerInvariant(),
    };

    private static string Default(PropertyInfo property, object defaults)
    {
        var value = property.GetValue(defaults);
        return value switch
        {
            null or "" => "none",
            string path when Path.IsPathFullyQualified(path) => $"`{Path.GetFileName(path)}`", // made absolute against where this test runs
            ulong.MaxValue => "no end",
            bool flag => flag ? "`true`" : "`false`",
            _ => $"`{TypeDescriptor.GetConverter(value.GetType()).ConvertToInvariantString(value)}`",
        };
    }

    private static XDocument Documentation(Type type) => XDocument.Load(Path.ChangeExtension(type.Assembly.Location, ".xml"));

    // The words of a summary in one line, with code as code.
    private static string Summary(XDocument documentation, string member)
    {
        var summary = documentation.Descendants("member").Single(one => one.Attribute("name")?.Value == member).Element("summary")!;
        var words = string.Concat(summary.Nodes().Select(node => node switch
        {
            XText plain => plain.Value,
            XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
            XElement { Name.LocalName: "see" } see => $"`{see.Attribute("cref")!.Value.Split('.')[^1]}`",
            _ => throw new InvalidOperationException($"{member}: {node} has no form in the document."),
        }));
        return Blanks().Replace(words, " ").Trim().Replace("|", "\\|", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
