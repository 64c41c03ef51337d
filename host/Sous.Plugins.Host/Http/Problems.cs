using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Sous.Plugins.Host.Http;

/// <summary>Refusals as RFC 9457 problem details: a <c>code</c> for programs, a sentence for people, and with bad input the fields in <c>errors</c>.</summary>
internal static class Problems
{
    /// <summary>400: what was sent cannot be used; each field is named as it was sent.</summary>
    public static ProblemHttpResult Invalid(params (string Field, string Message)[] errors)
    {
        var byField = errors.GroupBy(static error => error.Field)
            .ToDictionary(static group => group.Key, static group => group.Select(static error => error.Message).ToArray());
        return Make(StatusCodes.Status400BadRequest, "invalid", "The request cannot be used.", string.Join(" ", errors.Select(static error => error.Message)), ("errors", byField));
    }

    /// <summary>401: no key, or none that is known.</summary>
    public static ProblemHttpResult Unauthenticated()
        => Make(StatusCodes.Status401Unauthorized, "unauthenticated", "An API key is needed.", "Send a valid key as 'Authorization: Bearer KEY'.");

    /// <summary>403: the key does not reach this far.</summary>
    public static ProblemHttpResult Forbidden()
        => Make(StatusCodes.Status403Forbidden, "forbidden", "The key may not do this.", "This needs an admin key.");

    /// <summary>404: absent, or another tenant's; the two are told apart by nobody.</summary>
    public static ProblemHttpResult NotFound()
        => Make(StatusCodes.Status404NotFound, "not_found", "There is no such thing.", "The address names nothing that this key can see.");

    /// <summary>409: it stands in the way of something else.</summary>
    public static ProblemHttpResult Conflict(string code, string detail, params (string Name, object? Value)[] extensions)
        => Make(StatusCodes.Status409Conflict, code, "The request conflicts with the present state.", detail, extensions);

    /// <summary>410: the reader's position is gone.</summary>
    public static ProblemHttpResult Gone(string code, string detail, params (string Name, object? Value)[] extensions)
        => Make(StatusCodes.Status410Gone, code, "What was asked for is gone.", detail, extensions);

    /// <summary>429: too much at once; see <see cref="AskToWait"/>.</summary>
    public static ProblemHttpResult TooMany(string code, string detail)
        => Make(StatusCodes.Status429TooManyRequests, code, "That is too much at once.", detail);

    /// <summary>Says when to come again: whole seconds, at least one.</summary>
    public static void AskToWait(HttpResponse response, TimeSpan wait)
        => response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString("F0", CultureInfo.InvariantCulture);

    public static ProblemHttpResult Make(int status, string code, string title, string detail, params (string Name, object? Value)[] extensions)
    {
        var problem = new ProblemDetails { Status = status, Title = title, Detail = detail };
        problem.Extensions["code"] = code;
        foreach (var (name, value) in extensions)
        {
            problem.Extensions[name] = value;
        }

        return TypedResults.Problem(problem);
    }
}
