using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Host.Days;
using Sous.Plugins.Host.Deliveries;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Hosts;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Drivers;
using Sous.Plugins.Host.Webhooks;

namespace Sous.Plugins.Host.Tests.Docs;

/// <summary>host/CONFIGURATION.md says of each setting what its options class says: <c>SOUS_WRITE_DOCS=1</c> writes it anew.</summary>
public sealed partial class ConfigurationReferenceTests
{
    private static readonly (Type Options, string Section, string Title)[] s_sections =
    [
        (typeof(SyncingOptions), "Syncing", "Runs and schedules"),
        (typeof(DaysOptions), "Days", "Business days"),
        (typeof(ChangesOptions), "Changes", "The change feed"),
        (typeof(DeliveriesOptions), "Deliveries", "Deliveries"),
        (typeof(WebhooksOptions), "Webhooks", "Webhooks"),
        (typeof(ConnectLimitsOptions), "ConnectLimits", "Limits on connecting"),
        (typeof(DefectsOptions), "Defects", "Drivers that fail"),
        (typeof(HostsOptions), "Hosts", "Hosts that share a database"),
    ];

    /// <summary>Bound to the root of the configuration: the page's first part, which is written by hand, tells of each setting.</summary>
    private static readonly Type[] s_root = [typeof(DriversOptions), typeof(AuthorizationOptions), typeof(AuthorizationOptions.ClientOptions)];

    private static readonly Type[] s_notConfigured = [typeof(VerbOptions), typeof(DemoOptions)];

    private static readonly string s_host = Path.Combine(Path.GetDirectoryName(PluginsTree.Artifacts)!, "host");

    private static readonly string s_page = Path.Combine(s_host, "CONFIGURATION.md");

    [Fact]
    public void The_reference_says_of_each_setting_what_its_options_class_says()
    {
        var before = File.ReadAllText(s_page);
        var written = before[..before.IndexOf("## ", before.IndexOf(Mark, StringComparison.Ordinal), StringComparison.Ordinal)] + string.Join('\n', s_sections.Select(SectionOf));
        if (Environment.GetEnvironmentVariable("SOUS_WRITE_DOCS") is not null)
        {
            File.WriteAllText(s_page, written);
            return;
        }

        Assert.Equal(written, before);
    }

    [Fact]
    public void No_options_class_is_missing_from_the_reference()
        => Assert.Equal(
            s_sections.Select(static section => section.Options).Concat(s_root).Concat(s_notConfigured).Select(static type => type.FullName!).Order(StringComparer.Ordinal),
            typeof(SyncingOptions).Assembly.GetTypes().Where(static type => type.Name.EndsWith("Options", StringComparison.Ordinal)).Select(static type => type.FullName!).Order(StringComparer.Ordinal));

    [Fact]
    public void The_part_that_is_written_by_hand_tells_of_each_setting_of_the_root()
    {
        var page = File.ReadAllText(s_page);
        var named = s_root.SelectMany(static type => type.GetProperties()).Where(static property => property.Name != nameof(DriversOptions.Exposed)).Select(static property => property.Name);
        Assert.All(named, name => Assert.Contains(name, page, StringComparison.Ordinal));
    }

    private const string Mark = "<!-- From here on written by ConfigurationReferenceTests. -->";

    private static string SectionOf((Type Options, string Section, string Title) section)
    {
        var source = File.ReadAllText(Directory.EnumerateFiles(s_host, section.Options.Name + ".cs", SearchOption.AllDirectories).Single());
        var defaults = Activator.CreateInstance(section.Options)!;
        var text = new StringBuilder($"## {section.Title}\n| setting | means | default | from · to |\n|---|---|---|---|\n");
        foreach (var property in section.Options.GetProperties().Where(IsConfigured))
        {
            var suffix = IsList(property) ? "__0, __1, …" : "";
            text.Append(CultureInfo.InvariantCulture, $"| `SOUS_{section.Section}__{property.Name}{suffix}` | {MeaningOf(property, source, defaults)} | {TextOf(property.GetValue(defaults))} | {RangeOf(property)} |\n");
        }

        return text.ToString();
    }

    private static bool IsConfigured(PropertyInfo property) => property.CanWrite || IsList(property);

    private static bool IsList(PropertyInfo property) => property.PropertyType != typeof(string) && property.PropertyType.IsAssignableTo(typeof(IEnumerable));

    /// <summary>What the comment above it says, but for the default, which has a column of its own.</summary>
    private static string MeaningOf(PropertyInfo property, string source, object defaults)
    {
        var lines = source.Split('\n');
        var at = Array.FindIndex(lines, line => line.Contains($" {property.Name} {{", StringComparison.Ordinal));
        var first = at;
        while (!lines[first].Contains("<summary>", StringComparison.Ordinal))
        {
            first--;
        }

        var comment = string.Join(' ', lines[first..at].Where(static line => line.TrimStart().StartsWith("///", StringComparison.Ordinal)).Select(static line => line.Trim().TrimStart('/').Trim()));
        var plain = Tags().Replace(References().Replace(comment, "`$1`"), "`$1`").Replace("<summary>", "", StringComparison.Ordinal).Replace("</summary>", "", StringComparison.Ordinal);
        return (property.GetValue(defaults) is null ? plain : Default().Replace(plain, "")).Trim();
    }

    private static string TextOf(object? value) => value switch
    {
        null => "",
        IList { Count: 0 } => "none",
        TimeSpan time => $"`{time:c}`",
        IFormattable number => $"`{number.ToString(null, CultureInfo.InvariantCulture)}`",
        _ => $"`{value}`",
    };

    private static string RangeOf(PropertyInfo property)
        => property.GetCustomAttribute<RangeAttribute>() is { } range
            ? string.Create(CultureInfo.InvariantCulture, $"`{range.Minimum}` · `{range.Maximum}`")
            : "";

    [GeneratedRegex("<see cref=\"([^\"]+)\"/>")]
    private static partial Regex References();

    [GeneratedRegex(@" Default [^.:]*\.\s*$")]
    private static partial Regex Default();

    [GeneratedRegex("<c>([^<]*)</c>")]
    private static partial Regex Tags();
}
