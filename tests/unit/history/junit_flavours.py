"""JUnit XML as other tools write it, after their published formats."""

from __future__ import annotations

SUREFIRE = """<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.0"
    xsi:noNamespaceSchemaLocation="https://maven.apache.org/surefire/maven-surefire-plugin/xsd/surefire-test-report.xsd"
    name="com.shop.CheckoutTest" time="1,236.5" tests="4" errors="1" skipped="1" failures="1">
  <properties><property name="java.version" value="21"/></properties>
  <testcase name="pays" classname="com.shop.CheckoutTest" time="1,234.5"/>
  <testcase name="refunds" classname="com.shop.CheckoutTest" time="0.5">
    <failure message="expected: &lt;200&gt; but was: &lt;500&gt;"
        type="org.opentest4j.AssertionFailedError"><![CDATA[org.opentest4j.AssertionFailedError: expected: <200>
\tat com.shop.CheckoutTest.refunds(CheckoutTest.java:12)]]></failure>
    <system-out><![CDATA[not for anybody]]></system-out>
  </testcase>
  <testcase name="ships" classname="com.shop.CheckoutTest" time="1.5">
    <error message="no driver" type="java.lang.IllegalStateException">at line 3</error>
  </testcase>
  <testcase name="later" classname="com.shop.CheckoutTest" time="0"><skipped message="not built yet"/></testcase>
</testsuite>
"""

SUREFIRE_RERUNS = """<testsuite name="com.shop.FlakyTest" time="3" timestamp="2026-03-01T12:00:00">
  <testcase name="flaky" classname="com.shop.FlakyTest" time="1">
    <flakyFailure message="late" type="java.lang.AssertionError" time="2">
      <stackTrace>java.lang.AssertionError: late</stackTrace><system-out>noise</system-out>
    </flakyFailure>
  </testcase>
  <testcase name="bad" classname="com.shop.FlakyTest" time="1">
    <failure message="first" type="java.lang.AssertionError">first</failure>
    <rerunError message="second" type="java.io.IOException"><stackTrace>second</stackTrace></rerunError>
  </testcase>
</testsuite>
"""

JEST = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="jest tests" tests="3" failures="1" errors="0" time="2.5">
  <testsuite name="cart" errors="0" failures="1" skipped="1" timestamp="2026-03-01T12:00:00" time="1.5" tests="3">
    <testcase classname="cart adds" name="cart adds" time="0.25"/>
    <testcase classname="cart removes" name="cart removes" time="0.5">
      <failure>Error: expect(received).toBe(expected)

Expected: 1
Received: 2
    at Object.&lt;anonymous&gt; (cart.test.js:5:3)</failure>
    </testcase>
    <testcase classname="cart empties" name="cart empties" time="0"><skipped/></testcase>
  </testsuite>
</testsuites>
"""

PLAYWRIGHT = """<testsuites id="" name="" tests="2" failures="1" skipped="0" errors="0" time="9.5">
<testsuite name="shop.spec.ts" timestamp="2026-03-01T12:00:00.250Z" hostname="chromium" tests="1" failures="0"
    skipped="0" time="2" errors="0">
<testcase name="Shop \u203a buys a kettle" classname="shop.spec.ts" time="2">
<properties><property name="region" value="eu-west"></property></properties>
</testcase>
</testsuite>
<testsuite name="shop.spec.ts" timestamp="2026-03-01T12:00:00.250Z" hostname="firefox" tests="1" failures="1"
    skipped="0" time="2" errors="0">
<testcase name="Shop \u203a buys a kettle" classname="shop.spec.ts" time="2">
<failure message="shop.spec.ts:4:1 buys a kettle" type="FAILURE">
<![CDATA[  [firefox] \u203a shop.spec.ts:4:1 \u203a Shop \u203a buys a kettle
    Error: Timed out 5000ms waiting for expect(locator).toBeVisible()
]]>
</failure>
<system-out><![CDATA[[[ATTACHMENT|test-results/trace.zip]]]]></system-out>
</testcase>
</testsuite>
</testsuites>
"""

CYPRESS = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="Mocha Tests" time="4.2" tests="2" failures="1">
  <testsuite name="Root Suite" timestamp="2026-03-01T12:00:00" tests="0" file="cypress/e2e/shop.cy.js" time="0"
      failures="0">
  </testsuite>
  <testsuite name="shop" timestamp="2026-03-01T12:00:01" tests="2" time="4.2" failures="1">
    <testcase name="shop pays" time="1.2" classname="pays">
    </testcase>
    <testcase name="shop ships" time="3" classname="ships">
      <failure message="Timed out retrying: expected to find element: `#ship`" type="AssertionError"><![CDATA[AssertionError: Timed out
    at Context.eval (webpack:///cypress/e2e/shop.cy.js:9:7)]]></failure>
    </testcase>
  </testsuite>
</testsuites>
"""
