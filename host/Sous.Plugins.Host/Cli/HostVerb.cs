using System.CommandLine;

namespace Sous.Plugins.Host.Cli;

/// <summary>A verb that speaks to a host; its action returns an exit code.</summary>
internal static class HostVerb
{
    /// <summary>One that only a running host can serve.</summary>
    public static Command Online(string name, string description, Symbol[] own, Func<ParseResult, HostClient, CancellationToken, Task<int>> action)
        => Create(name, description, own, action, static (_, host, _) => Task.FromResult(host.Online()));

    /// <summary>One that works on the data folder too, where no host runs.</summary>
    public static Command OnlineOrOffline(string name, string description, Symbol[] own, Func<ParseResult, HostClient, CancellationToken, Task<int>> action)
        => OnlineOrOffline(name, description, own, static _ => OfflineTerms.AsAStart, action);

    /// <param name="terms">On which the data folder is opened.</param>
    /// <inheritdoc cref="OnlineOrOffline(string, string, Symbol[], Func{ParseResult, HostClient, CancellationToken, Task{int}})"/>
    public static Command OnlineOrOffline(
        string name, string description, Symbol[] own, Func<ParseResult, OfflineTerms> terms, Func<ParseResult, HostClient, CancellationToken, Task<int>> action)
        => Create(name, description, own, action, (parsed, host, stopping) => host.OnlineOrOfflineAsync(terms(parsed), stopping));

    private static Command Create(
        string name,
        string description,
        Symbol[] own,
        Func<ParseResult, HostClient, CancellationToken, Task<int>> action,
        Func<ParseResult, RunningHost, CancellationToken, Task<HostClient>> reach)
    {
        var verb = new Command(name, description) { VerbOptions.Data, VerbOptions.Url, VerbOptions.Key };
        foreach (var argument in own.OfType<Argument>())
        {
            verb.Add(argument);
        }

        foreach (var option in own.OfType<Option>())
        {
            verb.Add(option);
        }

        verb.SetAction(async (parsed, stopping) =>
        {
            await using var host = RunningHost.Find(parsed);
            return await action(parsed, await reach(parsed, host, stopping), stopping);
        });
        return verb;
    }
}
