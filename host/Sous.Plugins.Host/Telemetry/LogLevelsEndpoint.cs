using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Serilog.Events;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Telemetry;

/// <summary><c>/api/v1/log-levels</c>: what is logged, changed while the host runs.</summary>
internal static partial class LogLevelsEndpoint
{
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(30);

    public static void MapLogLevels(this IEndpointRouteBuilder routes)
    {
        var levels = routes.MapGroup("/api/v1/log-levels").RequireAccess(AccessLevel.Admin);
        levels.MapGet("", static (LogLevels levels) => TypedResults.Ok(ItemList.Of(levels.List())))
            .Describe("listLogLevels", "Lists from which level on what is logged", "What was set while the host runs, and what is configured for all else.");
        levels.MapPut("{category}", PutAsync)
            .Describe("putLogLevel", "Sets from which level on a category is logged", "Until it is reset, until the time that is named, or until the host ends.")
            .Example("""{ "level": "debug", "until": "2026-03-14T12:00:00Z" }""")
            .Conflicts("too_many_levels");
        levels.MapDelete("{category}", DeleteAsync)
            .Describe("resetLogLevel", "Logs a category as configured again");
    }

    private static async Task<Results<Ok<LogLevelView>, ProblemHttpResult>> PutAsync(
        string category, NewLogLevel request, Caller caller, LogLevels levels, IRegistry registry, TimeProvider clock, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (Check(category, request, now) is { Length: > 0 } errors)
        {
            return Problems.Invalid(errors);
        }

        var level = request.Level.GetValueOrDefault();
        if (levels.Set(category, level, request.Until) is not { } set)
        {
            return Problems.Conflict("too_many_levels", $"The levels of {LogLevels.Most} categories are set already: reset one.");
        }

        await registry.AppendAsync(AuditEntry.Make(now, caller.KeyId, "log_level.set", target: category, detail: $"{level}".ToLowerInvariant()), cancellationToken);
        return TypedResults.Ok(set);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        string category, Caller caller, LogLevels levels, IRegistry registry, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (!levels.Reset(category))
        {
            return Problems.NotFound();
        }

        await registry.AppendAsync(AuditEntry.Make(clock.GetUtcNow(), caller.KeyId, "log_level.reset", target: category), cancellationToken);
        return TypedResults.NoContent();
    }

    private static (string Field, string Message)[] Check(string category, NewLogLevel request, DateTimeOffset now)
    {
        List<(string, string)> errors = [];
        if (!Category().IsMatch(category))
        {
            errors.Add(("category", $"The category is '{LogLevels.Everything}', a driver's id, or the beginning of a logger's name such as Sous.Plugins.Host.Syncing."));
        }
        else if (LogLevels.IsFramework(category))
        {
            errors.Add(("category", "The framework's categories stay at warnings: what it logs below them holds addresses with codes in them."));
        }

        if (request.Level is null)
        {
            errors.Add(("level", "The level is verbose, debug, information, warning, error or fatal."));
        }

        if (request.Until is { } until && (until <= now || until > now + s_longest))
        {
            errors.Add(("until", "The end is ahead, and at most 30 days."));
        }

        return [.. errors];
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$")]
    private static partial Regex Category();

    /// <param name="Level">The lowest that is logged.</param>
    /// <param name="Until">When it goes back to what is configured by itself.</param>
    internal sealed record NewLogLevel([property: Required] LogEventLevel? Level, DateTimeOffset? Until = null);
}
