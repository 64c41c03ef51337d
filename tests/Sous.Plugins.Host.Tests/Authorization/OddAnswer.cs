using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>Answers of a token endpoint as the world has them, and what they are worth.</summary>
internal static class OddAnswer
{
    /// <summary>What an answer is to be taken for.</summary>
    public enum Worth
    {
        Tokens,
        Nothing,
        GrantGone,
        ClientRejected,
    }

    public static readonly IReadOnlyDictionary<string, (Worth Worth, Func<HttpContext, Task> Answer)> All = new Dictionary<string, (Worth, Func<HttpContext, Task>)>
    {
        ["usual"] = Good("""{"access_token":"a","token_type":"Bearer","expires_in":3600,"refresh_token":"r"}"""),
        ["the type in another case"] = Good("""{"access_token":"a","token_type":"bEaReR","expires_in":3600}"""),
        ["no type"] = Good("""{"access_token":"a","expires_in":3600}"""),
        ["another type"] = Bad(200, """{"access_token":"a","token_type":"mac","expires_in":3600}"""),
        ["a life that is text"] = Good("""{"access_token":"a","expires_in":"3600"}"""),
        ["no life"] = Good("""{"access_token":"a"}"""),
        ["a negative life"] = Good("""{"access_token":"a","expires_in":-1}"""),
        ["a life of a million years"] = Good("""{"access_token":"a","expires_in":31536000000000}"""),
        ["no life but null"] = Good("""{"access_token":"a","expires_in":null,"refresh_token":null,"scope":null}"""),
        ["unknown members"] = Good("""{"access_token":"a","a":{"b":[1,2,{"c":null}]},"expires_in":60}"""),
        ["no token"] = Bad(200, """{"token_type":"Bearer","expires_in":3600}"""),
        ["an empty token"] = Bad(200, """{"access_token":"","expires_in":3600}"""),
        ["a token that is a number"] = Good("""{"access_token":12345,"expires_in":3600}"""),
        ["a token that is a list"] = Bad(200, """{"access_token":["a"],"expires_in":3600}"""),
        ["a token with a line break"] = Bad(200, """{"access_token":"a\r\nX-Evil: 1","expires_in":3600}"""),
        ["a list around it"] = Bad(200, """[{"access_token":"a"}]"""),
        ["null"] = Bad(200, "null"),
        ["nothing"] = Bad(200, ""),
        ["cut off"] = Bad(200, """{"access_token":"a","expires_in":36"""),
        ["two documents"] = Bad(200, """{"access_token":"a"}{"access_token":"b"}"""),
        ["an error with status 200"] = Bad(200, """{"error":"server_error"}"""),
        ["an error of ours with status 200"] = Bad(200, """{"error":"invalid_grant"}"""),
        ["as a page"] = (Worth.Nothing, static context => HostileService.BytesAsync(context, 200, "text/html", "<html>access_token</html>"u8.ToArray())),
        ["as text"] = (Worth.Nothing, static context => HostileService.BytesAsync(context, 200, "text/plain", """{"access_token":"a"}"""u8.ToArray())),
        ["as a form"] = (Worth.Nothing, static context => HostileService.BytesAsync(context, 200, "application/x-www-form-urlencoded", "access_token=a&expires_in=3600"u8.ToArray())),
        ["without a content type"] = (Worth.Nothing, static context => HostileService.BytesAsync(context, 200, null, """{"access_token":"a"}"""u8.ToArray())),
        ["with a byte order mark"] = (Worth.Tokens, static context => HostileService.BytesAsync(context, 200, "application/json", [0xEF, 0xBB, 0xBF, .. """{"access_token":"a"}"""u8])),
        ["in UTF-16"] = (Worth.Nothing, static context => HostileService.BytesAsync(context, 200, "application/json; charset=utf-16", Encoding.Unicode.GetBytes("""{"access_token":"a"}"""))),
        ["of half a megabyte"] = (Worth.Nothing, static context => HostileService.JsonAsync(context, 200, $$"""{"access_token":"a","padding":"{{new string('x', 1 << 19)}}"}""")),
        ["of 64 megabytes, compressed"] = (Worth.Nothing, CompressedAsync),
        ["nested 100,000 deep"] = Bad(200, new string('[', 100_000)),
        ["a redirect that keeps the body"] = (Worth.Nothing, static context => RedirectAsync(context, 307)),
        ["a redirect"] = (Worth.Nothing, static context => RedirectAsync(context, 302)),
        ["a connection that breaks"] = (Worth.Nothing, static context =>
        {
            context.Abort();
            return Task.CompletedTask;
        }),
        ["the grant is gone"] = (Worth.GrantGone, static context => HostileService.JsonAsync(context, 400, """{"error":"invalid_grant"}""")),
        ["the client is unknown"] = (Worth.ClientRejected, static context => HostileService.JsonAsync(context, 401, """{"error":"invalid_client"}""")),
        ["a page that says invalid_grant"] = (Worth.Nothing, static context => HostileService.BytesAsync(context, 400, "text/html", "<html>invalid_grant</html>"u8.ToArray())),
        ["a 400 of some gateway"] = (Worth.Nothing, static context => HostileService.JsonAsync(context, 400, """{"message":"bad request"}""")),
        ["a 403 page"] = (Worth.Nothing, static context => HostileService.BytesAsync(context, 403, "text/html", "<html>blocked</html>"u8.ToArray())),
        ["a 502 page"] = (Worth.Nothing, static context => HostileService.BytesAsync(context, 502, "text/html", "<html>bad gateway</html>"u8.ToArray())),
        ["a 429"] = (Worth.Nothing, static context => HostileService.JsonAsync(context, 429, "{}")),
        ["a 503 that says invalid_grant"] = (Worth.Nothing, static context => HostileService.JsonAsync(context, 503, """{"error":"invalid_grant"}""")),
    };

    private static (Worth, Func<HttpContext, Task>) Good(string json) => (Worth.Tokens, context => HostileService.JsonAsync(context, 200, json));

    private static (Worth, Func<HttpContext, Task>) Bad(int status, string json) => (Worth.Nothing, context => HostileService.JsonAsync(context, status, json));

    private static Task RedirectAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.Location = "/elsewhere";
        return Task.CompletedTask;
    }

    private static async Task CompressedAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.Headers.ContentEncoding = "gzip";
        await using var gzip = new GZipStream(context.Response.Body, CompressionLevel.Fastest);
        var blanks = new byte[1 << 20];
        Array.Fill(blanks, (byte)' ');
        for (var i = 0; i < 64; i++)
        {
            await gzip.WriteAsync(blanks);
        }
    }
}
