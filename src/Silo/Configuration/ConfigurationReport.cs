using System.ComponentModel;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace Iggy.Silo.Configuration;

/// <summary>The effective configuration for people: every key with its value, secrets masked.</summary>
public static class ConfigurationReport
{
    /// <summary>One <c>key = value</c> line for each setting, in the order of <see cref="KnownOptions"/>.</summary>
    public static string Write(IConfiguration configuration)
    {
        var report = new StringBuilder();
        foreach (var (section, type) in KnownOptions.All)
        {
            foreach (var part in KnownOptions.Sections(configuration, section))
                Add(report, part, type);
        }
        return report.ToString();
    }

    private static void Add(StringBuilder report, IConfigurationSection section, Type type)
    {
        var options = section.Get(type) ?? Activator.CreateInstance(type)!;
        foreach (var property in KnownOptions.Properties(type))
        {
            var key = $"{section.Path}:{property.Name}";
            report.Append(key).Append(" = ").AppendLine(Show(key, property.GetValue(options)));
        }
    }

    /// <summary>A value as text that can be given again.</summary>
    public static string Show(string key, object? value)
    {
        if (value is null or "")
            return "";
        return OptionsCheck.IsSecret(key)
            ? "******"
            : TypeDescriptor.GetConverter(value.GetType()).ConvertToInvariantString(value) ?? Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
    }
}
