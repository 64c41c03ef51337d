using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Cluster.Postgres;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Drivers;
using Sous.Plugins.Host.Syncing.Backfills;
using Sous.Plugins.Host.Syncing.Gaps;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Host.Webhooks;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests;

/// <summary>The walls and budgets of the design, read from compiled assemblies and from sources.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed partial class ArchitectureTests
{
    private const string Root = "Sous.Plugins.Host";

    private static readonly Assembly Host = typeof(DriverCatalog).Assembly;

    private static readonly Assembly Cluster = typeof(PostgresDatabase).Assembly;

    /// <summary>Interfaces whose second implementation is named: PostgreSQL's, which is not there yet.</summary>
    private static readonly Type[] AwaitingTheirSecond = [typeof(IClosings), typeof(IListings), typeof(IGaps), typeof(IBackfills)];

    /// <summary>Each room's first event id; a block is a hundred.</summary>
    private static readonly Dictionary<string, int> Blocks = new()
    {
        // What composes the host speaks of its listeners.
        [""] = 2500,
        ["Drivers"] = 1000,
        ["Connections"] = 1100,
        ["Authorization"] = 1200,
        ["Credentials"] = 1300,
        ["Access"] = 1400,
        ["Syncing"] = 2000,
        ["Changes"] = 2100,
        ["Locations"] = 2200,
        ["Days"] = 2300,
        ["Storage"] = 2400,
        ["Http"] = 2500,
        ["Cli"] = 2600,
        ["Telemetry"] = 2700,
        ["Backup"] = 2800,
        ["Webhooks"] = 2900,
        ["Emergency"] = 3000,
        ["Live"] = 3100,
        ["Events"] = 3200,
        ["Deliveries"] = 3300,
        ["Audit"] = 3400,
        ["Dashboard"] = 3500,
        ["Cluster"] = 3600,
    };

    private static string Tree => Path.GetDirectoryName(PluginsTree.Artifacts)!;

    [Fact]
    public void The_host_references_no_driver()
    {
        var ours = Host.GetReferencedAssemblies().Select(a => a.Name!).Where(IsOurs);

        Assert.Equal([SdkSurface.AssemblyName], ours);
    }

    [Fact]
    public void A_driver_references_nothing_of_ours_but_the_sdk_and_does_not_carry_it()
    {
        var drivers = Directory.GetFiles(Path.Combine(PluginsTree.Artifacts, "plugins"), "Sous.Plugins.*.dll", SearchOption.AllDirectories);

        Assert.NotEmpty(drivers);
        Assert.All(drivers, path =>
        {
            using var file = ManagedFile.TryOpen(path, out _)!;
            Assert.Equal([SdkSurface.AssemblyName], file.References.Select(r => r.Name).Where(IsOurs).Append(SdkSurface.AssemblyName).Distinct());
            Assert.NotEqual(SdkSurface.AssemblyName, file.Name);
            Assert.NotEqual(Root, file.Name);
        });
    }

    [Fact]
    public void The_sdk_references_the_framework_and_the_logging_abstractions_only()
    {
        var framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var others = typeof(IDriver).Assembly.GetReferencedAssemblies().Select(a => a.Name!).Where(n => !File.Exists(Path.Combine(framework, $"{n}.dll")));

        Assert.Equal(["Microsoft.Extensions.Logging.Abstractions"], others);
    }

    [Fact]
    public void What_crosses_the_boundary_is_free_of_statics_that_change()
    {
        var changing = typeof(IDriver).Assembly.GetTypes()
            .Where(t => !IsGenerated(t))
            .SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(f => f is { IsLiteral: false, IsInitOnly: false } && !f.IsDefined(typeof(CompilerGeneratedAttribute)))
            .Where(f => !typeof(System.Text.Json.Serialization.JsonSerializerContext).IsAssignableFrom(f.DeclaringType));

        Assert.Empty(changing.Select(f => $"{f.DeclaringType}.{f.Name}"));
    }

    [Fact]
    public void Every_class_of_the_host_is_sealed_and_internal()
    {
        var classes = OwnTypes().Where(t => t.IsClass && !t.IsAbstract).ToList();

        Assert.NotEmpty(classes);
        Assert.Empty(classes.Where(t => !t.IsSealed).Select(t => t.FullName));
        Assert.Empty(OwnTypes().Where(t => t.IsVisible).Select(t => t.FullName));
    }

    [Fact]
    public void No_interface_of_the_host_has_a_single_implementation_unless_its_second_is_named()
    {
        var types = OwnTypes().ToList();
        // A grain's is called on another host, through code that Orleans makes.
        var lonely = types.Where(t => t.IsInterface && !t.IsAssignableTo(typeof(Orleans.IGrain))).Where(i => types.Count(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(i)) < 2);

        Assert.Empty(lonely.Except(AwaitingTheirSecond).Select(t => t.FullName));
    }

    [Fact]
    public void Event_ids_are_unique_and_in_their_rooms_block()
    {
        var messages = OwnTypes()
            .SelectMany(t => t.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(m => (Method: m, Message: m.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(m => m.Message is not null)
            .ToList();

        Assert.NotEmpty(messages);
        Assert.Empty(messages.GroupBy(m => m.Message!.EventId).Where(g => g.Count() > 1).Select(g => $"{g.Key}: {string.Join(", ", g.Select(m => $"{m.Method.DeclaringType}.{m.Method.Name}"))}"));
        Assert.All(messages, m =>
        {
            var room = m.Method.DeclaringType!.Namespace!.Split('.').ElementAtOrDefault(3) ?? "";
            Assert.True(Blocks.TryGetValue(room, out var first), $"The room {room} has no block of event ids.");
            Assert.InRange(m.Message!.EventId, first, first + 99);
        });
    }

    [Fact]
    public void A_namespace_is_its_folder()
    {
        var wrong = Sources("host", "sdk", "plugins", "tests").Select(s => (s.Path, Said: Namespace().Match(s.Text).Groups[1].Value, Is: NamespaceOf(s.Path)))
            .Where(s => s.Said.Length > 0 && s.Said != s.Is);

        Assert.Empty(wrong.Select(s => $"{s.Path}: {s.Said}, not {s.Is}"));
    }

    [Fact]
    public void A_file_has_at_most_400_lines_and_no_regions()
    {
        var sources = Sources("host", "sdk", "plugins", "tests").ToList();

        Assert.True(sources.Count > 100);
        Assert.Empty(sources.Where(s => s.Text.AsSpan().Count('\n') > 400).Select(s => $"{s.Path} is too long"));
        Assert.Empty(sources.Where(s => Region().IsMatch(s.Text)).Select(s => $"{s.Path} has a region"));
    }

    [Fact]
    public void A_driver_has_at_most_8_files_of_at_most_250_lines()
    {
        var drivers = Sources("plugins").ToLookup(s => s.Path.Split('/')[1]);

        Assert.NotEmpty(drivers);
        Assert.Empty(drivers.Where(d => d.Count() > 8).Select(d => $"{d.Key} has {d.Count()} files"));
        Assert.Empty(drivers.SelectMany(d => d).Where(s => s.Text.AsSpan().Count('\n') > 250).Select(s => $"{s.Path} is too long"));
    }

    [Fact]
    public void Log_messages_are_source_generated()
        => Assert.Empty(Sources("host", "sdk", "plugins").Where(s => DirectLog().IsMatch(s.Text)).Select(s => s.Path));

    /// <summary>What works by itself must not work in a restored copy before that is adopted; only what keeps to this host may.</summary>
    [Fact]
    public void Only_the_key_ring_the_audit_and_the_backups_start_before_an_adoption()
        => Assert.Equal(
            ["host/Sous.Plugins.Host/Audit/AuditRoom.cs", "host/Sous.Plugins.Host/Backup/BackupRoom.cs", "host/Sous.Plugins.Host/Credentials/CredentialsRoom.cs", "host/Sous.Plugins.Host/Credentials/Rotation/RotationRoom.cs"],
            Sources("host").Where(s => s.Text.Contains("AddHostedService", StringComparison.Ordinal)).Select(s => s.Path).Order(StringComparer.Ordinal));

    [Fact]
    public void Credentials_are_written_in_one_place_where_the_tally_over_their_versions_is_kept()
        => Assert.Equal(
            ["CredentialStore.cs"],
            Sources("host").Where(s => CredentialWrite().IsMatch(s.Text)).Select(s => Path.GetFileName(s.Path)));

    [Fact]
    public void The_audit_trail_is_written_in_one_place_where_its_entries_are_chained()
        => Assert.Equal(
            ["AuditTrail.cs"],
            Sources("host").Where(s => AuditWrite().IsMatch(s.Text)).Select(s => Path.GetFileName(s.Path)).Order());

    [Fact]
    public void A_subscription_may_want_each_family_of_events_that_is_told()
    {
        var families = Sources("host").Where(s => Told().IsMatch(s.Text)).SelectMany(s => EventType().Matches(s.Text)).Select(m => m.Groups[1].Value).ToHashSet();

        Assert.Contains("webhooks", families);
        Assert.All(families, family => Assert.Null(EventFilter.FaultOf([$"{family}.*"])));
    }

    private static bool IsOurs(string assembly) => assembly.StartsWith("Sous.", StringComparison.Ordinal);

    private static IEnumerable<Type> OwnTypes()
        => Host.GetTypes().Concat(Cluster.GetTypes()).Where(t => t.Namespace is { } n && (n == Root || n.StartsWith($"{Root}.", StringComparison.Ordinal)) && !IsGenerated(t));

    private static bool IsGenerated(Type type)
    {
        for (var t = type; t is not null; t = t.DeclaringType)
        {
            if (t.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
                || t.IsDefined(typeof(System.CodeDom.Compiler.GeneratedCodeAttribute), inherit: false) && !IsWrittenHere(t)
                || t.Name.Contains('<', StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A generator marks the whole of a partial class that it adds to; a Log class and a JSON context are still ours.</summary>
    private static bool IsWrittenHere(Type type)
        => type.Name == "Log" || type.IsAssignableTo(typeof(System.Text.Json.Serialization.JsonSerializerContext)) || type.DeclaringType is null;

    private static IEnumerable<(string Path, string Text)> Sources(params string[] folders)
        => folders.SelectMany(f => Directory.EnumerateFiles(Path.Combine(Tree, f), "*.cs", SearchOption.AllDirectories))
            .Where(p => !p.Contains("/fixtures/", StringComparison.Ordinal) && !p.Contains("/Sous.Plugins.Templates/", StringComparison.Ordinal))
            .Select(p => (Path.GetRelativePath(Tree, p), File.ReadAllText(p)));

    private static string NamespaceOf(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        var below = "";
        while (Directory.GetFiles(Path.Combine(Tree, folder), "*.csproj") is not [_, ..])
        {
            below = $".{Path.GetFileName(folder)}{below}";
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException($"{path} belongs to no project.");
        }

        return Path.GetFileName(folder) + below;
    }

    [GeneratedRegex(@"^namespace ([A-Za-z0-9_.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^\s*#region", RegexOptions.Multiline)]
    private static partial Regex Region();

    [GeneratedRegex(@"\bPlatformEvent\b")]
    private static partial Regex Told();

    /// <summary>Audits have names of the same shape.</summary>
    [GeneratedRegex(@"(?<!AuditEntry\.Make\(.*)""([a-z_]+)\.[a-z_{]")]
    private static partial Regex EventType();

    [GeneratedRegex(@"\.(Put|Delete)\(Credential(Version)?\.Collection")]
    private static partial Regex CredentialWrite();

    [GeneratedRegex(@"\.(Put|Delete|Of)\(Audit(Entry|Head)\.Collection")]
    private static partial Regex AuditWrite();

    [GeneratedRegex(@"\.Log(Trace|Debug|Information|Warning|Error|Critical)\(")]
    private static partial Regex DirectLog();
}
