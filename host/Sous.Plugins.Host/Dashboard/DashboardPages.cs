using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Dashboard;

/// <summary>The pages that say one thing.</summary>
internal static class DashboardPages
{
    public static readonly Uri SignInAddress = new("/dashboard/sign-in", UriKind.Relative);

    public static readonly DashboardPage NoSuchPage = new(
        StatusCodes.Status404NotFound, "There is no such page", Html.Of($"<p>It may be gone, or belong to somebody else. <a href=\"/\">All connections</a></p>"));

    /// <summary>A button that was pressed on another site's page.</summary>
    public static readonly DashboardPage ElsewhereRefused = new(
        StatusCodes.Status403Forbidden, "Nothing was changed", Html.Of($"<p>This was asked for from another site. <a href=\"/\">Go to the dashboard</a> and do it there.</p>"));

    /// <param name="word">Why it is shown again; null where it is not.</param>
    public static DashboardPage SignIn(int status, string? word = null) => new(
        status,
        "Sign in",
        Html.Of($"""
            {(word is null ? default : Html.Of($"<p class=\"notice bad\" role=\"alert\">{word}</p>"))}
            <form class="sign-in" method="post" action="/dashboard/sign-in">
            <label for="key">Key</label>
            <input id="key" name="key" type="password" autocomplete="current-password" spellcheck="false" required autofocus aria-describedby="where">
            <button>Sign in</button>
            </form>
            <p id="where"><small>Any key of this worker opens it, as far as the key reaches. The first one was written to <code>admin-key</code> in the data folder.</small></p>
            """));

    /// <summary>Has the API's own refusals read by people: whatever the dashboard's routes refuse is a page.</summary>
    public static async ValueTask<object?> AnswerAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var answer = await next(context);
        return ((answer as INestedHttpResult)?.Result ?? answer) is ProblemHttpResult problem ? Of(problem) : answer;
    }

    /// <summary>A refusal in its own words.</summary>
    public static DashboardPage Of(ProblemHttpResult problem) => problem.StatusCode switch
    {
        StatusCodes.Status401Unauthorized => SignIn(problem.StatusCode),
        StatusCodes.Status404NotFound => NoSuchPage,
        _ => new DashboardPage(
            problem.StatusCode,
            problem.ProblemDetails.Title ?? "That did not work",
            Html.Of($"<p>{problem.ProblemDetails.Detail}</p><p><a href=\"/\">All connections</a></p>")),
    };
}
