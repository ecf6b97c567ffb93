package packages

import (
	"path"
	"strings"
)

// groups are the Maven groups of libraries with many advisories, for archives
// that were built without Maven's own files in them: the file name then gives
// the artifact and the version, but no group. Artifacts whose names mean one
// thing on Maven Central.
var groups = map[string]string{
	"log4j-core": "org.apache.logging.log4j", "log4j-api": "org.apache.logging.log4j", "log4j-1.2-api": "org.apache.logging.log4j",
	"jackson-databind": "com.fasterxml.jackson.core", "jackson-core": "com.fasterxml.jackson.core",
	"spring-core": "org.springframework", "spring-beans": "org.springframework", "spring-context": "org.springframework",
	"spring-expression": "org.springframework", "spring-web": "org.springframework", "spring-webmvc": "org.springframework", "spring-webflux": "org.springframework",
	"spring-websocket": "org.springframework", "spring-messaging": "org.springframework", "axis": "org.apache.axis",
	"spring-boot": "org.springframework.boot", "spring-security-core": "org.springframework.security", "spring-security-web": "org.springframework.security",
	"snakeyaml": "org.yaml", "gson": "com.google.code.gson", "guava": "com.google.guava", "protobuf-java": "com.google.protobuf",
	"commons-text": "org.apache.commons", "commons-lang3": "org.apache.commons", "commons-compress": "org.apache.commons",
	"commons-collections4": "org.apache.commons", "commons-configuration2": "org.apache.commons",
	"tomcat-embed-core": "org.apache.tomcat.embed", "tomcat-coyote": "org.apache.tomcat", "tomcat-catalina": "org.apache.tomcat",
	"struts2-core": "org.apache.struts", "shiro-core": "org.apache.shiro", "shiro-web": "org.apache.shiro", "httpclient": "org.apache.httpcomponents",
	"logback-core": "ch.qos.logback", "logback-classic": "ch.qos.logback", "xstream": "com.thoughtworks.xstream", "fastjson": "com.alibaba",
	"jetty-server": "org.eclipse.jetty", "jetty-http": "org.eclipse.jetty", "undertow-core": "io.undertow",
	"netty-handler": "io.netty", "netty-codec": "io.netty", "netty-codec-http": "io.netty", "netty-codec-http2": "io.netty", "netty-common": "io.netty",
	"bcprov-jdk15on": "org.bouncycastle", "bcprov-jdk18on": "org.bouncycastle", "h2": "com.h2database", "postgresql": "org.postgresql",
	"hibernate-core": "org.hibernate", "hibernate-validator": "org.hibernate.validator", "okhttp": "com.squareup.okhttp3", "jsoup": "org.jsoup",
}

// known returns guessed coordinates with the group of a well-known artifact that
// the file or the manifest names. Manifests have no field for the group.
func (c coordinates) known(base string) coordinates {
	stem := strings.TrimSuffix(strings.TrimSuffix(base, path.Ext(base)), "-"+c.version)
	for _, artifact := range [...]string{stem, c.artifact} {
		if group := groups[artifact]; group != "" {
			return coordinates{group, artifact, c.version}
		}
	}
	// A title may be both: "org.apache.xmlgraphics:batik-all".
	if group, artifact, ok := strings.Cut(c.artifact, ":"); ok {
		return coordinates{group, artifact, c.version}
	}
	return c
}
