using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Packages;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Migrations;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cli;

/// <summary>Why a verb fails, such as a start of the worker, in one plain sentence (for several wrong settings, one each) and an exit code.</summary>
internal sealed partial record VerbFailure(int ExitCode, string Sentence)
{
    /// <summary>What the API answered, where it was that.</summary>
    public JsonObject? Problem { get; init; }

    /// <summary>The API's own problem, or one like it.</summary>
    public JsonObject ToJson() => Problem ?? new JsonObject
    {
        ["title"] = ExitCode switch
        {
            Cli.ExitCode.Syntax => "The command line cannot be read.",
            Cli.ExitCode.StartForbidden => "The worker cannot start like this.",
            _ => "It could not be done.",
        },
        ["detail"] = Sentence,
    };

    /// <summary>The failure that an exception stands for, or null where it is a defect whose stack should show.</summary>
    public static VerbFailure? Explain(Exception exception) => exception switch
    {
        VerbFailedException verb => new(verb.ExitCode, verb.Message),
        HostRefusedException refused => new(Cli.ExitCode.Failed, refused.Message) { Problem = refused.Problem },
        BackupException or MigrationException or PackageException or DemoFailedException => new(Cli.ExitCode.Failed, exception.Message),
        HttpRequestException => new(Cli.ExitCode.Failed, $"The host does not answer; it may be starting or stopping. {exception.GetBaseException().Message.TrimEnd('.')}."),
        TaskCanceledException { InnerException: TimeoutException } => new(Cli.ExitCode.Failed, "The host did not answer in time."),
        _ => ExplainStart(exception),
    };

    /// <summary>The same of what forbids a start.</summary>
    public static VerbFailure? ExplainStart(Exception exception) => exception switch
    {
        StorageException { MayPass: true } => new(Cli.ExitCode.Failed, exception.Message),
        StorageException or BootGateException or PluginsFileException => new(Cli.ExitCode.StartForbidden, exception.Message),
        IOException { InnerException: AddressInUseException } => new(Cli.ExitCode.Failed, $"{exception.Message} Another program listens there: stop it, or choose another address with --urls."),
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse or SocketError.AccessDenied or SocketError.AddressNotAvailable } => new(Cli.ExitCode.Failed, $"The worker cannot listen: {exception.Message}. Choose another address with --urls."),
        _ => WrongSettings(exception) is { } sentences ? new(Cli.ExitCode.StartForbidden, sentences) : null,
    };

    private static string? WrongSettings(Exception exception) => exception switch
    {
        OptionsValidationException wrong => string.Join(Environment.NewLine, wrong.Failures.Select(static failure => Checked().Replace(failure, "SOUS_${section}__${name}"))),
        AggregateException several when several.InnerExceptions.All(static one => WrongSettings(one) is not null) => string.Join(Environment.NewLine, several.InnerExceptions.Select(WrongSettings)),
        InvalidOperationException when Unbound().Match(exception.Message) is { Success: true } found => $"{Name(found.Groups["key"].Value)} must be {Wanted(found.Groups["type"].Value)}.",
        InvalidDataException { InnerException: FormatException why } => $"{exception.Message.TrimEnd('.')}: {(why.InnerException is JsonException json ? $"it is not JSON, line {json.LineNumber + 1}." : why.Message)}",
        _ => null,
    };

    private static string Name(string key) => "SOUS_" + key.Replace(":", "__", StringComparison.Ordinal);

    private static string Wanted(string type) => type switch
    {
        "Serilog.Events.LogEventLevel" => "one of Verbose, Debug, Information, Warning, Error, Fatal",
        _ => ValueWords.Of(type),
    };

    /// <summary>How a generated validator names a setting; what section it is in, its type's name says.</summary>
    [GeneratedRegex(@"^.*The field (?<section>\w+)Options\.(?<name>\w+)")]
    private static partial Regex Checked();

    /// <summary>The end of what configuration binding says of a value that it cannot convert; the value itself stands before it, and may be a secret.</summary>
    [GeneratedRegex(@" at '(?<key>[^']+)' to type '(?<type>[^']+)'\.$", RegexOptions.RightToLeft)]
    private static partial Regex Unbound();
}
